// A small convolutional network tells five kinds of land cover apart. Its pictures are pieces of the
// project's synthetic scenes, on which one class covers most of the pixels; the last line is the
// accuracy on pieces of scenes that training has not seen.

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "data/synth.hpp"
#include "engine/core/rng.hpp"
#include "engine/graph/executor.hpp"
#include "engine/optim/adamw_state.hpp"
#include "layers/adamw.hpp"
#include "layers/cross_entropy.hpp"
#include "layers/global_pool.hpp"
#include "layers/max_pool.hpp"
#include "layers/modules.hpp"
#include "layers/to_unit.hpp"

using namespace fpanet;

namespace {

constexpr Index kSide = 32, kBatch = 32, kSteps = 300;
constexpr double kRate = 2e-3;
constexpr std::array kNames = {"agriculture", "range", "forest", "water", "barren"};
constexpr std::size_t kPixels = kSide * kSide;

struct Piece {
  std::vector<std::uint8_t> pixels;  // RGB
  std::int32_t label;
};

/// Pieces of scenes `first` to `last` - 1 that one of the classes 1 to 5 of
/// ClassTable::deepglobe() covers to 85 %, as many of each as of the rarest.
std::vector<Piece> pieces_of(Index first, Index last) {
  std::array<std::vector<Piece>, kNames.size()> found;
  for (Index number = first; number < last; ++number) {
    const Scene scene = synthesize(1, number, {8 * kSide, 8 * kSide});
    for (Index place = 0; place < 64; ++place) {
      const Window window{place / 8 * kSide, place % 8 * kSide, kSide, kSide};
      const Image labels = crop(scene.labels.labels, window);
      for (std::size_t c = 0; c < kNames.size(); ++c) {
        const auto covered = std::ranges::count(labels.pixels, static_cast<std::uint8_t>(c + 1));
        if (static_cast<std::size_t>(covered) * 100 < kPixels * 85) continue;
        found[c].push_back({crop(scene.image, window).pixels, static_cast<std::int32_t>(c)});
      }
    }
  }
  const auto size_of_class = [](const auto& pieces) { return pieces.size(); };
  const std::size_t fewest = std::ranges::min_element(found, {}, size_of_class)->size();
  std::vector<Piece> pieces;
  for (const auto& of_class : found) {
    pieces.insert(pieces.end(), of_class.begin(),
                  of_class.begin() + static_cast<std::ptrdiff_t>(fewest));
  }
  return pieces;
}

/// Three convolutions of stride 2 with batch norm, the mean over the picture, and a linear layer.
class SmallNetwork {
 public:
  explicit SmallNetwork(ParameterStore& store)
      : blocks_{Block{Scope(store) / "0", 3, 16}, Block{Scope(store) / "1", 16, 32},
                Block{Scope(store) / "2", 32, 64}},
        last_(Scope(store) / "last", 64, kNames.size(), init::torch_default({kNames.size(), 64})) {}

  /// (N,3,H,W) -> logits (N,classes,1,1).
  Value operator()(const Forward& forward, Value x) const {
    for (const Block& block : blocks_) {
      x = conv_norm(forward, block.conv, block.norm, x, {.relu = true});
    }
    const Value mean = global_avg_pool(x);
    const Index images = mean.shape()[0];
    const Value features = forward.graph.view(mean, {images, mean.shape()[1]});
    return forward.graph.view(last_(forward, features), {images, kNames.size(), 1, 1});
  }

 private:
  struct Block {
    Block(const Scope& scope, Index in, Index out)
        : conv(scope / "conv", {.in_channels = in,
                                .out_channels = out,
                                .kernel = 3,
                                .stride = 2,
                                .padding = 1,
                                .bias = false,
                                .initializer = init::kaiming_normal_fan_out({out, in, 3, 3})}),
          norm(scope / "norm", out) {}
    Conv2d conv;
    BatchNorm2d norm;
  };
  std::array<Block, 3> blocks_;
  Linear last_;
};

/// Fills the inputs of a program with a piece.
void set(const Executor& executor, Value images, Value labels, Index i, const Piece& piece) {
  std::ranges::copy(piece.pixels, executor.tensor(images).data<std::uint8_t>() + i * 3 * kPixels);
  executor.tensor(labels).data<std::int32_t>()[i] = piece.label;
}

}  // namespace

int main() {
  const std::vector<Piece> known = pieces_of(0, 120), others = pieces_of(120, 160);
  ParameterStore store;
  const SmallNetwork network(store);
  store.allocate(DType::f32, Device::cpu(), true);
  store.initialize(1);
  AdamWState optimizer(store, kRate);

  // A training step and a prediction, each recorded once. They share the parameters.
  Graph train(Cpu{2}), predict(Cpu{2});
  const auto images_of = [](Graph& graph, Index count) {
    return graph.input("images", Spec{{count, 3, kSide, kSide}, DType::u8});
  };
  const Value images = images_of(train, kBatch), one = images_of(predict, 1);
  const Value labels = train.input("labels", Spec{{kBatch, 1, 1, 1}, DType::i32});
  const Value logits = network({.graph = train, .training = true}, to_unit(images, DType::f32));
  const Value loss = cross_entropy(logits, labels, {});
  train.keep(loss);
  train.backward(loss);
  train.begin_update();
  adamw({.parameters = train.state("parameters", store.values()),
         .gradients = train.state("gradients", store.gradients()),
         .moment1 = train.state("exp_avg", optimizer.moment1()),
         .moment2 = train.state("exp_avg_sq", optimizer.moment2()),
         .hyper = train.state("hyper", optimizer.hyper())},
        store.segments(train.trained_parameters()), {});
  const Value scores = network({.graph = predict}, to_unit(one, DType::f32));
  predict.keep(scores);

  const Plan train_plan(train), predict_plan(predict);
  Arena train_arena(Device::cpu()), predict_arena(Device::cpu());
  const Executor step(train, train_plan, train_arena);
  const Executor prediction(predict, predict_plan, predict_arena);
  Rng rng(1);
  for (Index i = 0; i < kSteps; ++i) {
    for (Index k = 0; k < kBatch; ++k) set(step, images, labels, k, known[rng.below(known.size())]);
    // Falls to zero, so that batch norm's running statistics catch up with the weights.
    optimizer.set_learning_rate(kRate * static_cast<double>(kSteps - i) / kSteps);
    optimizer.begin_step(train.context());
    step.run();
    if (i % 100 == 0) std::printf("step %3td  loss %.3f\n", i, step.tensor(loss).data<float>()[0]);
  }

  std::array<std::size_t, kNames.size()> right{};
  std::size_t all_right = 0;
  for (const Piece& piece : others) {
    std::ranges::copy(piece.pixels, prediction.tensor(one).data<std::uint8_t>());
    prediction.run();
    const auto s = prediction.tensor(scores).span<float>();
    const bool hit = std::ranges::max_element(s) - s.begin() == piece.label;
    right[static_cast<std::size_t>(piece.label)] += hit;
    all_right += hit;
  }
  const auto of_class = static_cast<double>(others.size() / kNames.size());
  for (std::size_t c = 0; c < kNames.size(); ++c) {
    std::printf("%-12s %.2f\n", kNames[c], static_cast<double>(right[c]) / of_class);
  }
  const double accuracy = static_cast<double>(all_right) / static_cast<double>(others.size());
  std::printf("%zu pieces to learn from, %zu others\naccuracy %.2f\n", known.size(), others.size(),
              accuracy);
  return accuracy > 0.8 ? 0 : 1;
}
