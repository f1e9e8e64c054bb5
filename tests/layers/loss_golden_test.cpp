// Every loss in double against PyTorch and segmentation-models-pytorch in double, from logits.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/core/error.hpp"
#include "engine/core/layout.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "layers/class_sums.hpp"
#include "layers/class_weights.hpp"
#include "layers/cross_entropy.hpp"
#include "layers/dice.hpp"
#include "layers/focal.hpp"
#include "layers/lovasz.hpp"
#include "layers/overlap_loss.hpp"
#include "layers/softmax_dice.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet {
namespace {

/// How a loss of the golden file is computed: logits, labels, the label that is ignored, and the
/// file's class weights.
using Weights = std::vector<double>;
using LossOfLogits = std::function<Value(Value, Value, std::optional<Index>, const Weights&)>;

LossOfLogits cross_entropy_golden(bool weighted, double smoothing) {
  return [=](Value logits, Value labels, std::optional<Index> ignored, const Weights& weights) {
    return cross_entropy(logits, labels,
                         {.class_weights = weighted ? weights : Weights(),
                          .label_smoothing = smoothing,
                          .ignore_index = ignored});
  };
}

/// As one node, and as softmax and Dice.
LossOfLogits dice_golden(bool fused, bool weighted, DiceLossOptions options) {
  return [=](Value logits, Value labels, std::optional<Index> ignored, const Weights& weights) {
    DiceLossOptions all = options;
    if (weighted) all.class_weights = weights;
    all.ignore_index = ignored;
    return fused ? softmax_dice(logits, labels, all).loss : dice_loss(logits, labels, all);
  };
}

/// Jaccard and Tversky, and Dice in its two steps.
LossOfLogits overlap_golden(bool weighted, kernels::OverlapLossOptions options) {
  return [=](Value logits, Value labels, std::optional<Index> ignored, const Weights& weights) {
    kernels::OverlapLossOptions all = options;
    if (weighted) all.weights = class_shares("overlap_loss", weights, logits.shape()[1]);
    return overlap_loss(softmax_class_sums(logits, labels, ignored).sums, all, logits.dtype());
  };
}

LossOfLogits focal_golden(bool weighted) {
  return [=](Value logits, Value labels, std::optional<Index> ignored, const Weights& weights) {
    return focal_loss(logits, labels,
                      {.class_weights = weighted ? weights : Weights(), .ignore_index = ignored});
  };
}

LossOfLogits lovasz_golden(bool per_image) {
  return [=](Value logits, Value labels, std::optional<Index> ignored, const Weights&) {
    return lovasz_loss(logits, labels, {.ignore_index = ignored, .per_image = per_image});
  };
}

const std::multimap<std::string, LossOfLogits>& golden_losses() {
  using enum kernels::OverlapMeasure;
  static const std::multimap<std::string, LossOfLogits> losses = [] {
    std::multimap<std::string, LossOfLogits> all = {
        {"ce", cross_entropy_golden(false, 0)},
        {"ce_weighted", cross_entropy_golden(true, 0)},
        {"ce_smoothed_0.1", cross_entropy_golden(false, 0.1)},
        {"ce_weighted_smoothed_0.1", cross_entropy_golden(true, 0.1)},
        {"focal_2", focal_golden(false)},
        {"focal_2_weighted", focal_golden(true)},
        {"lovasz", lovasz_golden(false)},
        {"lovasz_per_image", lovasz_golden(true)},
        {"dice", overlap_golden(false, {})},
        {"dice_weighted", overlap_golden(true, {})},
        {"jaccard", overlap_golden(false, {.measure = jaccard})},
        {"jaccard_weighted", overlap_golden(true, {.measure = jaccard})},
        {"tversky_0.3_0.7_1.33",
         overlap_golden(false, {.measure = tversky, .alpha = 0.3, .beta = 0.7, .gamma = 1.33})}};
    for (const bool fused : {true, false}) {
      all.emplace("dice", dice_golden(fused, false, {}));
      all.emplace("dice_weighted", dice_golden(fused, true, {}));
      all.emplace("dice_log_smooth_1", dice_golden(fused, false, {.log_loss = true, .smooth = 1}));
    }
    return all;
  }();
  return losses;
}

/// max |difference| / max |theirs|
double relative_difference(const Tensor& ours, const StateEntry& theirs) {
  const std::vector<double> a = to_row_major<double>(ours), b = theirs.values<double>();
  REQUIRE(a.size() == b.size());
  double apart = 0, largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart = std::max(apart, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return apart / largest;
}

struct LossCase {
  std::string tag, loss;
  bool ignore;

  /// TAG.LOSS[.ignore]; LOSS may have dots.
  explicit LossCase(const std::string& key) : ignore(key.ends_with(".ignore")) {
    const std::string rest =
        ignore ? key.substr(0, key.size() - std::string(".ignore").size()) : key;
    const std::size_t dot = rest.find('.');
    tag = rest.substr(0, dot);
    loss = rest.substr(dot + 1);
  }
  std::string labels() const { return tag + (ignore ? ".labels_ignore" : ".labels"); }
};

TEST_CASE("golden: every loss and its gradient") {
  const auto file = test::golden_path("losses.safetensors");
  const auto json = test::golden_path("losses.json");
  REQUIRE((file.has_value() && json.has_value()));
  const StateDict tensors = read_safetensors(*file).tensors;
  const auto numbers = nlohmann::json::parse(std::ifstream(*json));
  const Weights weights = numbers.at("class_weights");
  std::size_t compared = 0;
  for (const auto& one : numbers.at("cases").items()) {
    const std::string& key = one.key();
    const auto& expected = one.value();
    CAPTURE(key);
    const LossCase golden(key);
    const auto [begin, end] = golden_losses().equal_range(golden.loss);
    CHECK(begin != end);  // no case is left out
    for (auto loss_of = begin; loss_of != end; ++loss_of) {
      Graph graph(Cpu{1}, Graph::Mode::eager);
      const Tensor x = tensors.at(golden.tag + ".logits").to_tensor(DType::f64);
      const Shape& s = x.shape();
      const Tensor labels = tensors.at(golden.labels()).to_tensor(DType::i32);
      const Value logits = graph.input("logits", x, true);
      const Value loss =
          loss_of->second(logits, graph.input("labels", labels.reshaped({s[0], 1, s[2], s[3]})),
                          golden.ignore ? std::optional<Index>(255) : std::nullopt, weights);
      graph.backward(loss);
      CHECK(graph.tensor(loss).data<double>()[0] ==
            doctest::Approx(expected.get<double>()).epsilon(test::kPartDouble));
      CHECK(relative_difference(graph.tensor(*graph.gradient(logits)), tensors.at(key + ".grad")) <
            test::kLossGradientDouble);
      ++compared;
    }
  }
  CHECK(compared == 4 * (4 + 2 * 3 + 2 + 3 + 2 + 2));
}

}  // namespace
}  // namespace fpanet
