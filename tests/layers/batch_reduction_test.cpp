// Dice and batch norm with something between their two steps: nothing but a copy, and a sum over the
// parts of a batch that threads divide among themselves.

#include "layers/batch_reduction.hpp"

#include <doctest/doctest.h>

#include <barrier>
#include <cmath>
#include <cstring>
#include <thread>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "layers/batch_norm.hpp"
#include "layers/copy.hpp"
#include "layers/softmax_dice.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet {
namespace {

/// A batch of one part, in which a node copies everything that is reduced.
class CopyBetween final : public BatchReduction {
 public:
  Value total(Value sums) const override { return copied(sums); }
  Value whole_statistics(Value statistics, Index) const override { return copied(statistics); }
  Index whole_pixels(Index pixels) const override { return pixels; }

 private:
  /// Its gradient is a copy, too.
  class CopyOp final : public Op {
   public:
    std::string_view name() const override { return "copy_between"; }
    std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
    void run(const RunArgs& args) const override { args.out().copy_from(args.in(0)); }
    void backward(BackwardRule& rule) const override {
      rule.emit(std::make_shared<CopyOp>(), {rule.gradient()}, {0});
    }
  };
  static Value copied(Value x) {
    return x.graph().record_one(std::make_shared<CopyOp>(), std::array{x});
  }
};

/// What the threads that compute the parts of a batch share.
struct Parts {
  explicit Parts(std::vector<Index> part_images)
      : images(std::move(part_images)), slots(images.size()), arrived(std::ssize(images)) {}

  Index all_images() const {
    Index sum = 0;
    for (const Index count : images) sum += count;
    return sum;
  }

  std::vector<Index> images;  ///< of each part
  std::vector<std::vector<double>> slots;
  std::barrier<> arrived;
};

/// The reduction of one part: each thread leaves its values, waits, and combines those of all parts
/// in the same order.
class PartOfBatch final : public BatchReduction {
 public:
  PartOfBatch(Parts& parts, std::size_t part) : parts_(parts), part_(part) {}

  Value total(Value sums) const override {
    return sums.graph().record_one(std::make_shared<Total>(parts_, part_), std::array{sums});
  }
  Value whole_statistics(Value statistics, Index) const override {
    return statistics.graph().record_one(std::make_shared<Statistics>(parts_, part_),
                                         std::array{statistics});
  }
  Index whole_pixels(Index pixels) const override {
    return pixels / parts_.images[part_] * parts_.all_images();
  }

 private:
  class Exchange : public Op {
   public:
    Exchange(Parts& parts, std::size_t part) : parts_(parts), part_(part) {}
    std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
    void run(const RunArgs& args) const override {
      const auto mine = args.in(0).span<double>();
      parts_.slots[part_].assign(mine.begin(), mine.end());
      parts_.arrived.arrive_and_wait();
      combine(args.out().span<double>());
      parts_.arrived.arrive_and_wait();
    }

   protected:
    virtual void combine(std::span<double> all) const = 0;
    Parts& parts_;
    std::size_t part_;
  };

  class Total final : public Exchange {
   public:
    using Exchange::Exchange;
    std::string_view name() const override { return "total"; }
    void backward(BackwardRule& rule) const override {
      rule.emit(std::make_shared<GradientOfTotal>(), {rule.gradient()}, {0});
    }

   private:
    void combine(std::span<double> all) const override {
      std::fill(all.begin(), all.end(), 0.0);
      for (const std::vector<double>& slot : parts_.slots) {
        for (std::size_t i = 0; i < all.size(); ++i) all[i] += slot[i];
      }
    }
  };

  /// Every part computes the loss of the whole batch.
  class GradientOfTotal final : public Op {
   public:
    std::string_view name() const override { return "gradient_of_total"; }
    std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
    void run(const RunArgs& args) const override { args.out().copy_from(args.in(0)); }
  };

  class Statistics final : public Exchange {
   public:
    using Exchange::Exchange;
    std::string_view name() const override { return "whole_statistics"; }
    bool differentiable() const override { return false; }

   private:
    void combine(std::span<double> all) const override {
      const std::size_t channels = all.size() / 2;
      const auto whole = static_cast<double>(parts_.all_images());
      const auto share = [&](std::size_t k) {
        return static_cast<double>(parts_.images[k]) / whole;
      };
      std::fill(all.begin(), all.end(), 0.0);
      for (std::size_t k = 0; k < parts_.slots.size(); ++k) {
        for (std::size_t c = 0; c < channels; ++c) all[c] += share(k) * parts_.slots[k][c];
      }
      for (std::size_t k = 0; k < parts_.slots.size(); ++k) {
        for (std::size_t c = 0; c < channels; ++c) {
          const double apart = parts_.slots[k][c] - all[c];
          all[channels + c] += share(k) * (parts_.slots[k][channels + c] + apart * apart);
        }
      }
    }
  };

  Parts& parts_;
  std::size_t part_;
};

struct Network {
  bool relu = false, residual = false;
  Index classes = 5;
};

/// What one part of a batch leaves behind.
struct Outcome {
  Tensor loss, probabilities, dx, dweight, dbias, running_mean, running_var;
};

Tensor random_tensor(const std::string& name, const Shape& shape, DType dtype) {
  Rng rng(hash_name(name));
  const Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = rng.uniform(-1, 2);
  return tensor.cast(dtype);
}

Tensor random_classes(const Shape& shape, Index classes) {
  Rng rng(7);
  const Tensor tensor = Tensor::empty(shape, DType::i32);
  for (std::int32_t& label : tensor.span<std::int32_t>()) {
    label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(classes + 1)));
  }
  return tensor;
}

/// x -> batch norm -> softmax and Dice, for images [first, first + count) of a batch of 4.
Outcome run(const Network& net, DType dtype, Index first, Index count,
            const BatchReduction* reduction) {
  const Index c = net.classes;
  const Shape shape{4, c, 5, 3};
  Graph graph(Cpu{1}, Graph::Mode::eager);
  const auto channels = [&](const std::string& name, bool trained) {
    return graph.input(name, random_tensor(name, {c}, dtype), trained);
  };
  const Tensor images = random_tensor("x", shape, dtype).slice(first, count).clone();
  const Value x = graph.input("x", images, true);
  const BatchNormState state{
      .weight = channels("weight", true),
      .bias = channels("bias", true),
      .running_mean = graph.state("running_mean", random_tensor("mean", {c}, dtype)),
      .running_var = graph.state("running_var", random_tensor("var", {c}, dtype)),
      .num_batches_tracked = graph.state("batches", Tensor::zeros({}, DType::i64))};
  const auto residual =
      net.residual ? std::optional<Value>(graph.input(
                         "r", random_tensor("r", shape, dtype).slice(first, count).clone()))
                   : std::nullopt;
  const Value y =
      batch_norm(x, state, {.training = true, .relu = net.relu, .reduction = reduction}, residual);
  const Tensor labels = random_classes({4, 1, 5, 3}, c).slice(first, count).clone();
  const SoftmaxDice end =
      softmax_dice(y, graph.input("labels", labels), {.smooth = 1, .ignore_index = c}, reduction);
  graph.backward(end.loss);
  const auto gradient = [&](Value value) { return graph.tensor(*graph.gradient(value)); };
  return {graph.tensor(end.loss),
          graph.tensor(end.probabilities),
          gradient(x),
          gradient(state.weight),
          gradient(state.bias),
          graph.tensor(state.running_mean),
          graph.tensor(state.running_var)};
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

std::vector<Network> networks() {
  return {{}, {.relu = true}, {.relu = true, .residual = true}, {.classes = 11}};
}

TEST_CASE("a copy between the steps of Dice and batch norm changes no bit") {
  const CopyBetween between;
  for (const Network& net : networks()) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Outcome plain = run(net, dtype, 0, 4, nullptr),
                    divided = run(net, dtype, 0, 4, &between);
      CHECK(same_bits(plain.loss, divided.loss));
      CHECK(same_bits(plain.probabilities, divided.probabilities));
      CHECK(same_bits(plain.dx, divided.dx));
      CHECK(same_bits(plain.dweight, divided.dweight));
      CHECK(same_bits(plain.dbias, divided.dbias));
      CHECK(same_bits(plain.running_mean, divided.running_mean));
      CHECK(same_bits(plain.running_var, divided.running_var));
    }
  }
}

double largest_difference(std::span<const double> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

TEST_CASE("the parts of a batch, with sums over all of them, compute what the whole batch does") {
  for (const Network& net : networks()) {
    const Outcome whole = run(net, DType::f64, 0, 4, nullptr);
    Parts parts({1, 3});
    std::vector<Outcome> outcomes(2);
    {
      std::vector<std::jthread> threads;
      for (std::size_t k = 0; k < 2; ++k) {
        threads.emplace_back([&, k] {
          const PartOfBatch reduction(parts, k);
          outcomes[k] = run(net, DType::f64, k == 0 ? 0 : 1, parts.images[k], &reduction);
        });
      }
    }
    for (const Outcome& part : outcomes) {
      const auto compare = [](const Tensor& a, const Tensor& b) {
        CHECK(largest_difference(a.span<double>(), b.span<double>()) < test::kSummationOrder);
      };
      compare(part.loss, whole.loss);
      compare(part.running_mean, whole.running_mean);
      compare(part.running_var, whole.running_var);
    }
    const std::size_t image = whole.dx.span<double>().size() / 4;
    const auto dx = whole.dx.span<double>();
    CHECK(largest_difference(outcomes[0].dx.span<double>(), dx.subspan(0, image)) <
          test::kSummationOrder);
    CHECK(largest_difference(outcomes[1].dx.span<double>(), dx.subspan(image)) <
          test::kSummationOrder);
    // A parameter's gradient is the sum over the parts.
    for (std::size_t c = 0; c < static_cast<std::size_t>(net.classes); ++c) {
      const auto sum = [&](const Tensor Outcome::*member) {
        return (outcomes[0].*member).data<double>()[c] + (outcomes[1].*member).data<double>()[c];
      };
      CHECK(std::abs(sum(&Outcome::dweight) - whole.dweight.data<double>()[c]) <
            test::kSummationOrder);
      CHECK(std::abs(sum(&Outcome::dbias) - whole.dbias.data<double>()[c]) < test::kSummationOrder);
    }
  }
}

}  // namespace
}  // namespace fpanet
