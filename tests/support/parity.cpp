#include "tests/support/parity.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "engine/graph/executor.hpp"
#include "layers/copy.hpp"
#include "layers/gradcheck.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

/// Between the values of a planned run: two vectors of 512 bits.
constexpr std::size_t kGapBytes = 128;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_floating(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f64 || dtype == DType::bf16;
}

/// y_0..y_k-1, seed_0..seed_k-1 -> a value that backward() starts from: it hands seed_i to y_i as
/// its gradient. Nobody computes a loss, so the only arithmetic of a run is the op's own.
class GradientSeeds final : public Op {
 public:
  explicit GradientSeeds(std::size_t count) : count_(count) {}

  std::string_view name() const override { return "gradient_seeds"; }
  std::vector<Spec> infer(std::span<const Spec>) const override { return {{Shape{}, DType::f32}}; }
  void run(const RunArgs&) const override {}
  void backward(BackwardRule& rule) const override {
    for (std::size_t i = 0; i < count_; ++i) {
      rule.emit(std::make_shared<Copy>(), {rule.input(count_ + i)}, {static_cast<int>(i)});
    }
  }

 private:
  std::size_t count_;
};

double small_integer(std::size_t i) {
  return static_cast<double>(static_cast<int>(i * 7919 % 7) - 3);
}

/// In [0.3, 1), no two entries alike.
double fraction(std::size_t i) {
  return 0.3 + 0.7 * std::fmod(0.6180339887498949 * static_cast<double>(i + 1), 1.0);
}

Tensor seed_tensor(const Spec& spec, const SampleRunOptions& options) {
  const Tensor seed = Tensor::empty(spec.shape, DType::f64);
  const std::span<double> values = seed.span<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = options.integers ? small_integer(i + 3) : fraction(i);
  }
  return seed.cast(options.rounded_to).cast(spec.dtype);
}

/// A sample recorded on a context, with what its inputs start from.
class Recording {
 public:
  Recording(const OpSample& sample, const SampleRunOptions& options)
      : sample_(sample),
        options_(options),
        graph_(options.context,
               options.execution == Execution::eager ? Graph::Mode::eager : Graph::Mode::record) {
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) add_input(i);
    for (int use = 0; use < options.uses; ++use) {
      for (const Value output : sample.build(values_)) outputs_.push_back(output);
    }
    record_backward();
  }

  Graph& graph() { return graph_; }

  std::vector<LeftBehind> run() {
    if (options_.execution == Execution::eager) {
      return collect([&](Value value) { return graph_.tensor(value); });
    }
    for (const Value value : left_behind()) graph_.keep(value);
    const Plan plan(graph_, kGapBytes);
    Arena arena(graph_.device());
    arena.reserve(plan);
    fill_with_nan(*arena.values());
    fill_with_nan(*arena.workspace());
    Executor executor(graph_, plan, arena);
    const int runs = options_.execution == Execution::replayed ? 3 : 1;
    for (int run = 0; run < runs; ++run) {
      restart(executor);
      executor.run();
    }
    check_unused(plan, *arena.values());
    return collect([&](Value value) { return executor.tensor(value); });
  }

 private:
  /// The numbers of input i on the CPU, as this run takes them.
  Tensor contents(std::size_t i) const {
    const SampleInput& input = sample_.inputs[i];
    SampleInput source = input;
    if (options_.integers && input.kind == SampleInput::Kind::variable) {
      for (std::size_t k = 0; k < source.values.size(); ++k) {
        source.values[k] = small_integer(k + hash_name(input.name) % 5);
      }
    }
    const Tensor rounded = sample_tensor(source, options_.rounded_to);
    if (!is_floating(input.dtype) || input.keeps_dtype) return rounded;
    const bool reference = options_.computed_in != options_.rounded_to;
    return reference ? rounded.cast(options_.computed_in) : rounded;
  }

  void add_input(std::size_t i) {
    const SampleInput& input = sample_.inputs[i];
    const Tensor tensor = contents(i);
    const bool requires_grad = input.kind == SampleInput::Kind::variable;
    if (input.has_twin && tensor.dtype() == DType::bf16) {
      const Tensor master = tensor.cast(DType::f32).to(graph_.device());
      const Tensor gradient = Tensor::zeros(tensor.shape(), DType::f32, graph_.device());
      values_.push_back(
          graph_.twin(graph_.parameter(input.name, master, gradient), tensor.to(graph_.device())));
    } else if (input.kind == SampleInput::Kind::state) {
      values_.push_back(graph_.state(input.name, tensor.to(graph_.device())));
    } else if (graph_.mode() == Graph::Mode::eager) {
      values_.push_back(graph_.input(input.name, tensor.to(graph_.device()), requires_grad));
    } else {
      const Spec spec{tensor.shape(), tensor.dtype()};
      values_.push_back(graph_.input(input.name, spec, requires_grad));
    }
    variable_ = variable_ || requires_grad;
  }

  void record_backward() {
    if (!variable_) return;
    std::vector<Value> ends, seeds;
    for (const Value output : outputs_) {
      if (!is_floating(output.dtype())) continue;
      ends.push_back(output);
      const Tensor seed = seed_tensor(output.spec(), options_);
      seeds.push_back(graph_.constant("seed", seed.to(graph_.device())));
    }
    const std::size_t count = ends.size();
    ends.insert(ends.end(), seeds.begin(), seeds.end());
    graph_.backward(graph_.record_one(std::make_shared<GradientSeeds>(count), ends));
  }

  std::vector<Value> left_behind() {
    std::vector<Value> values = outputs_;
    for (const Value value : values_) {
      if (const auto gradient = graph_.gradient(value)) values.push_back(*gradient);
    }
    return values;
  }

  void restart(const Executor& executor) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const Tensor start = contents(i);
      if (!(sample_.inputs[i].has_twin && start.dtype() == DType::bf16)) {
        executor.tensor(values_[i]).copy_from(start);
      }
    }
  }

  /// What lies between values was filled with ones, and nobody may write there.
  void check_unused(const Plan& plan, const Storage& storage) const {
    std::vector<std::byte> arena(storage.bytes());
    copy_bytes(arena.data(), Device::cpu(), storage.data(), storage.device(), arena.size());
    for (const auto& [begin, end] : plan.unused()) {
      for (std::size_t i = begin; i < end; ++i) {
        require(arena[i] == std::byte{0xff},
                "sample '{}': byte {} of the arena was written, which belongs to no value: the "
                "value before it ends at {}",
                sample_.name, i, begin);
      }
    }
  }

  static void fill_with_nan(const Storage& storage) {
    const std::vector<std::byte> ones(storage.bytes(), std::byte{0xff});
    copy_bytes(storage.data(), storage.device(), ones.data(), Device::cpu(), ones.size());
  }

  template <class TensorOf>
  std::vector<LeftBehind> collect(const TensorOf& tensor_of) {
    std::vector<LeftBehind> all;
    const auto add = [&](std::string name, Value value) {
      all.push_back({std::move(name), tensor_of(value).to(Device::cpu()).clone()});
    };
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      add(fmt::format("output {}", i), outputs_[i]);
    }
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const SampleInput& input = sample_.inputs[i];
      if (input.kind == SampleInput::Kind::state) add(input.name, values_[i]);
      if (const auto gradient = graph_.gradient(values_[i])) add("d " + input.name, *gradient);
    }
    return all;
  }

  const OpSample& sample_;
  SampleRunOptions options_;
  Graph graph_;
  std::vector<Value> values_;  // of the sample's inputs
  std::vector<Value> outputs_;
  bool variable_ = false;
};

ParityError compare_floating(const std::string& name, const Tensor& actual, const Tensor& reference,
                             double floor) {
  const Tensor wide_actual = actual.cast(DType::f64), wide_reference = reference.cast(DType::f64);
  const auto a = wide_actual.span<double>(), b = wide_reference.span<double>();
  double scale = floor;
  for (const double value : b) scale = std::max(scale, std::abs(value));
  ParityError worst{.tensor = name};
  for (std::size_t i = 0; i < a.size(); ++i) {
    double error = std::abs(a[i] - b[i]) / scale;
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) error = a[i] == b[i] ? 0 : kInfinity;
    if (error > worst.error || i == 0) worst = {name, error, i, a[i], b[i]};
  }
  return worst;
}

ParityError compare_integers(const std::string& name, const Tensor& actual,
                             const Tensor& reference) {
  const bool same = actual.dtype() == reference.dtype() &&
                    std::memcmp(actual.raw(), reference.raw(), actual.bytes()) == 0;
  return {.tensor = name, .error = same ? 0 : kInfinity};
}

}  // namespace

std::vector<LeftBehind> run_sample(const OpSample& sample, const SampleRunOptions& options) {
  return Recording(sample, options).run();
}

std::vector<std::string> implementations(const OpSample& sample, const SampleRunOptions& options) {
  SampleRunOptions record = options;
  record.execution = Execution::planned;
  Recording recording(sample, record);
  std::vector<std::string> names;
  for (const Node& node : recording.graph().nodes()) {
    const std::string implementation =
        node.op->implementation(options.context, recording.graph().input_specs(node));
    names.push_back(fmt::format("{}: {}", node.op->name(), implementation));
  }
  return names;
}

std::vector<ParityError> compare(const std::vector<LeftBehind>& actual,
                                 const std::vector<LeftBehind>& reference, double floor) {
  if (actual.size() != reference.size()) return {{.tensor = "count", .error = kInfinity}};
  std::vector<ParityError> errors;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto& [name, a] = actual[i];
    const auto& [other, b] = reference[i];
    if (name != other || a.shape() != b.shape()) {
      errors.push_back({.tensor = name, .error = kInfinity});
    } else if (is_floating(a.dtype()) && is_floating(b.dtype())) {
      errors.push_back(compare_floating(name, a, b, floor));
    } else {
      errors.push_back(compare_integers(name, a, b));
    }
  }
  return errors;
}

std::vector<std::string> unequal(const std::vector<LeftBehind>& a,
                                 const std::vector<LeftBehind>& b) {
  std::vector<std::string> names;
  if (a.size() != b.size()) return {"count"};
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Tensor &x = a[i].tensor, &y = b[i].tensor;
    const bool same = a[i].name == b[i].name && x.dtype() == y.dtype() && x.shape() == y.shape() &&
                      std::memcmp(x.raw(), y.raw(), x.bytes()) == 0;
    if (!same) names.push_back(a[i].name);
  }
  return names;
}

double parity_tolerance(const std::string& op, DType dtype) {
  if (dtype == DType::bf16 || op == "cast") return kParityBf16;
  const bool product =
      op.starts_with("conv2d") || op == "matmul" || op == "high_pass" || op == "dct2d";
  return product ? kParityFloatProduct : kParityFloat;
}

double parity_floor(const std::string& op) {
  if (op == "softmax") return kParityFloorSoftmax;
  const bool cancels =
      op == "batch_norm" || op == "conv2d_with_statistics" || op == "position_attention";
  return cancels ? kParityFloorCancelling : kParityFloor;
}

}  // namespace fpanet::test
