// Losses of overlapping areas in two steps: sums of each class, then the loss.

#include "layers/class_sums.hpp"
#include "layers/dispatch.hpp"
#include "layers/overlap_loss.hpp"
#include "layers/samples.hpp"

namespace fpanet::samples {
namespace {

using kernels::ClassTargets;
using kernels::DiceMode;
using kernels::OverlapLossOptions;
using kernels::OverlapMeasure;

const Shape kAreas{2, 4, 3, 5}, kAreaLabels{2, 1, 3, 5};

OpSample class_sums_sample(const std::string& name, const SampleInput& p, const SampleInput& target,
                           const ClassTargets& targets) {
  return {name, {p, target}, [targets](const std::vector<Value>& in) -> std::vector<Value> {
            return {overlap_loss(class_sums(in[0], in[1], targets), {}, real_dtype(in[0].dtype()))};
          }};
}

OpRecord class_sums_record() {
  const SampleInput p = real("p", kAreas, 0.1, 0.9);
  return {.name = "class_sums",
          .backward_ops = {"class_sums_backward", "overlap_loss_backward"},
          .samples = {class_sums_sample("multiclass", p, labels(kAreaLabels, 3), {}),
                      class_sums_sample("ignore_index", p, labels(kAreaLabels, 4, 255),
                                        {.ignore_index = 255}),
                      class_sums_sample("binary", real("p", kAreaLabels, 0.1, 0.9),
                                        labels(kAreaLabels, 2, 9),
                                        {.mode = DiceMode::binary, .ignore_index = 9}),
                      class_sums_sample("multilabel", p, labels(kAreas, 2, 9),
                                        {.mode = DiceMode::multilabel, .ignore_index = 9})},
          .errors = {{[](Graph& g) {
                        class_sums(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 4, 4}, DType::i32), {});
                      },
                      "class_sums: labels=(2,4,4) must be (2,1,4,4) (one per pixel)"},
                     {[](Graph& g) {
                        class_sums(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                   {.mode = DiceMode::binary});
                      },
                      "class_sums: binary mode wants one channel, got p=(2,7,4,4)"}}};
}

OpSample softmax_sums_sample(const std::string& name, const Shape& x, const SampleInput& target,
                             std::optional<Index> ignore_index) {
  return {name,
          {real("x", x, -2, 2), target},
          [ignore_index](const std::vector<Value>& in) -> std::vector<Value> {
            const Value sums = softmax_class_sums(in[0], in[1], ignore_index).sums;
            return {overlap_loss(sums, {}, real_dtype(in[0].dtype()))};
          }};
}

OpRecord softmax_class_sums_record() {
  return {
      .name = "softmax_class_sums",
      .backward_ops = {"softmax_class_sums_backward", "overlap_loss_backward"},
      .samples = {softmax_sums_sample("plain", kAreas, labels(kAreaLabels, 3), {}),
                  softmax_sums_sample("ignore_index", kAreas, labels(kAreaLabels, 4, 255), 255),
                  softmax_sums_sample("9 classes, in two nodes", {1, 9, 2, 3},
                                      labels({1, 1, 2, 3}, 9), {})},
      .errors = {{[](Graph& g) {
                    softmax_class_sums(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}), {});
                  },
                  "softmax_class_sums: labels is f32 (2,1,4,4); expected i32"},
                 {[](Graph& g) {
                    softmax_class_sums(dummy(g, {2, 7, 4}), dummy(g, {2, 1, 4}, DType::i32), {});
                  },
                  "softmax_class_sums: x=(2,7,4) is not (N,C,H,W) with sizes of at least 1"}}};
}

OpSample overlap_sample(const std::string& name, const OverlapLossOptions& options) {
  return {name,
          {real("p", kAreas, 0.1, 0.9), labels(kAreaLabels, 3)},
          [options](const std::vector<Value>& in) -> std::vector<Value> {
            return {overlap_loss(class_sums(in[0], in[1], {}), options, real_dtype(in[0].dtype()))};
          }};
}

/// Two losses of the same sums, so that the gradient of these has two contributions.
std::vector<Value> two_overlaps(const std::vector<Value>& in) {
  const DType real = real_dtype(in[0].dtype());
  const Value sums = class_sums(in[0], in[1], {});
  return {overlap_loss(sums, {.measure = OverlapMeasure::jaccard}, real),
          overlap_loss(sums, {}, real)};
}

OpRecord overlap_loss_record() {
  const auto error = [](const OverlapLossOptions& options) {
    return [options](Graph& g) { overlap_loss(dummy(g, {3, 4}, DType::f64), options, DType::f32); };
  };
  return {
      .name = "overlap_loss",
      .backward_ops = {"overlap_loss_backward"},
      .samples =
          {overlap_sample("dice", {}),
           overlap_sample("dice, log, smooth, weights",
                          {.log_loss = true, .smooth = 1, .weights = {0.1, 0.5, 0.2, 0.2}}),
           overlap_sample("jaccard", {.measure = OverlapMeasure::jaccard}),
           overlap_sample("jaccard, log, smooth",
                          {.measure = OverlapMeasure::jaccard, .log_loss = true, .smooth = 1}),
           overlap_sample("jaccard, eps above the sums",
                          {.measure = OverlapMeasure::jaccard, .eps = 100}),
           overlap_sample("tversky", {.measure = OverlapMeasure::tversky}),
           overlap_sample(
               "tversky, a power",
               {.measure = OverlapMeasure::tversky, .alpha = 0.3, .beta = 0.7, .gamma = 1.33}),
           overlap_sample(
               "tversky, a root",
               {.measure = OverlapMeasure::tversky, .alpha = 1, .beta = 0, .gamma = 0.75}),
           {"two measures", {real("p", kAreas, 0.1, 0.9), labels(kAreaLabels, 4)}, two_overlaps}},
      .errors = {
          {[](Graph& g) {
             overlap_loss(dummy(g, {3, 4}), {}, DType::f32);
           },
           "overlap_loss: sums is f32 (3,4); expected f64"},
          {error({.weights = {1, 2}}), "overlap_loss: sums=(3,4) must be (3,2) (of each class)"},
          {error({.alpha = -1}),
           "overlap_loss: alpha=-1 and beta=0.5 must be at least 0, gamma=1 above 0"}}};
}

}  // namespace

std::vector<OpRecord> overlap_loss_records() {
  return {class_sums_record(), softmax_class_sums_record(), overlap_loss_record()};
}

}  // namespace fpanet::samples
