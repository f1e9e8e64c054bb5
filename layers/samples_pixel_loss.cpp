// Losses that are a mean over pixels.

#include "layers/cast.hpp"
#include "layers/cross_entropy.hpp"
#include "layers/dispatch.hpp"
#include "layers/focal.hpp"
#include "layers/ignore_labels.hpp"
#include "layers/loss_mean.hpp"
#include "layers/loss_sum.hpp"
#include "layers/lovasz.hpp"
#include "layers/samples.hpp"
#include "layers/softmax.hpp"

namespace fpanet::samples {
namespace {

const Shape kLogits{2, 4, 3, 5}, kPixels{2, 1, 3, 5};
const std::vector<double> kWeights = {0.5, 2, 1, 0.25};

OpSample cross_entropy_sample(const std::string& name, const SampleInput& target,
                              const CrossEntropyLossOptions& options,
                              const Shape& logits = kLogits) {
  return {name,
          {real("x", logits, -3, 3), target},
          [options](const std::vector<Value>& in) -> std::vector<Value> {
            return {cross_entropy(in[0], in[1], options)};
          }};
}

OpRecord cross_entropy_record() {
  const SampleInput target = labels(kPixels, 4), some_ignored = labels(kPixels, 4, 255);
  return {
      .name = "cross_entropy",
      .backward_ops = {"cross_entropy_backward", "loss_mean_backward"},
      .samples = {cross_entropy_sample("plain", target, {}),
                  cross_entropy_sample("weighted", target, {.class_weights = kWeights}),
                  cross_entropy_sample("smoothed", target, {.label_smoothing = 0.1}),
                  cross_entropy_sample(
                      "weighted, smoothed, ignore_index", some_ignored,
                      {.class_weights = kWeights, .label_smoothing = 0.3, .ignore_index = 255}),
                  cross_entropy_sample("ignored class", target, {.ignore_index = 1}),
                  cross_entropy_sample("out of range", labels(kPixels, 4, -1), {}),
                  cross_entropy_sample("a class of weight 0", target,
                                       {.class_weights = {1, 0, 1, 1}}),
                  cross_entropy_sample("nothing is counted", labels(kPixels, 1),
                                       {.ignore_index = 0}),
                  cross_entropy_sample("11 classes", labels({1, 1, 4, 3}, 11), {}, {1, 11, 4, 3})},
      .errors = {{[](Graph& g) {
                    cross_entropy(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 4, 4}, DType::i32), {});
                  },
                  "cross_entropy: labels=(2,4,4) must be (2,1,4,4) (one per pixel)"},
                 {[](Graph& g) {
                    cross_entropy(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}), {});
                  },
                  "cross_entropy: labels is f32 (2,1,4,4); expected i32"},
                 {[](Graph& g) {
                    cross_entropy(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.class_weights = {1, 2}});
                  },
                  "cross_entropy: 2 class weights are given for 7 classes"},
                 {[](Graph& g) {
                    cross_entropy(dummy(g, {2, 2, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.class_weights = {1, -2}});
                  },
                  "cross_entropy: the weight of class 1 is -2"},
                 {[](Graph& g) {
                    cross_entropy(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.label_smoothing = 1.5});
                  },
                  "cross_entropy: label_smoothing=1.5 must lie in [0,1]"},
                 {[](Graph& g) {
                    cross_entropy_sums(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 7, 4, 5}),
                                       dummy(g, {2, 1, 4, 4}, DType::i32), {});
                  },
                  "cross_entropy: the probabilities of x=(2,7,4,4) f32 and p=(2,7,4,5) f32 must be "
                  "alike"}}};
}

OpSample focal_sample(const std::string& name, const SampleInput& target,
                      const FocalLossOptions& options) {
  return {name,
          {real("x", kLogits, -3, 3), target},
          [options](const std::vector<Value>& in) -> std::vector<Value> {
            return {focal_loss(in[0], in[1], options)};
          }};
}

OpRecord focal_record() {
  const SampleInput target = labels(kPixels, 4);
  return {
      .name = "focal",
      .backward_ops = {"focal_backward", "loss_mean_backward"},
      .samples = {focal_sample("plain", target, {}),
                  focal_sample("weighted", target, {.class_weights = kWeights}),
                  focal_sample("another gamma, ignore_index", labels(kPixels, 4, 255),
                               {.gamma = 0.5, .ignore_index = 255}),
                  focal_sample("gamma 0 is binary cross-entropy", target, {.gamma = 0})},
      .errors = {
          {[](Graph& g) {
             focal_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 4, 4}, DType::i32), {});
           },
           "focal: labels=(2,4,4) must be (2,1,4,4) (one per pixel)"},
          {[](Graph& g) {
             focal_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32), {.gamma = -1});
           },
           "focal: gamma=-1 must be at least 0"}}};
}

OpRecord loss_mean_record() {
  return {.name = "loss_mean",
          .backward_ops = {"loss_mean_backward"},
          .samples = {cross_entropy_sample("of cross-entropy", labels(kPixels, 4), {}),
                      cross_entropy_sample("of nothing", labels(kPixels, 1), {.ignore_index = 0})},
          .errors = {{[](Graph& g) { loss_mean(dummy(g, {3}, DType::f64), DType::f32); },
                      "loss_mean: sums=(3) must be (2) (terms and weights)"},
                     {[](Graph& g) { loss_mean(dummy(g, {2}), DType::f32); },
                      "loss_mean: sums is f32 (2); expected f64"}}};
}

OpSample lovasz_sample(const std::string& name, const SampleInput& target,
                       const kernels::LovaszOptions& options, const Shape& logits = kLogits) {
  return {name,
          {real("x", logits, -3, 3), target},
          [options](const std::vector<Value>& in) -> std::vector<Value> {
            return {lovasz_loss(in[0], in[1], options)};
          }};
}

OpRecord lovasz_record() {
  const SampleInput target = labels(kPixels, 4);
  return {.name = "lovasz",
          .backward_ops = {"lovasz_backward"},
          .samples = {lovasz_sample("whole batch", target, {}),
                      lovasz_sample("per image", target, {.per_image = true}),
                      lovasz_sample("a class is absent, ignore_index", labels(kPixels, 3, 255),
                                    {.ignore_index = 255}),
                      lovasz_sample("nothing is counted", labels(kPixels, 1), {.ignore_index = 0}),
                      lovasz_sample("11 classes", labels({1, 1, 4, 3}, 11), {}, {1, 11, 4, 3})},
          .errors = {
              {[](Graph& g) {
                 lovasz_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 4, 4}, DType::i32), {});
               },
               "lovasz: labels=(2,4,4) must be (2,1,4,4) (one per pixel)"},
              {[](Graph& g) {
                 lovasz_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 7, 4, 4}, DType::f64),
                             dummy(g, {2, 1, 4, 4}, DType::i32), {});
               },
               "lovasz: the probabilities of x=(2,7,4,4) f32 and p=(2,7,4,4) f64 must be alike"}}};
}

/// Uses the first loss twice, so that its gradient has two contributions.
std::vector<Value> sum_of_losses(const std::vector<Value>& in) {
  const Value one = cross_entropy(in[0], in[1], {});
  const Value other = cross_entropy(in[0], in[1], {.class_weights = kWeights});
  return {loss_sum({{0.5, one}, {2, other}, {0.25, one}})};
}

OpRecord loss_sum_record() {
  return {
      .name = "loss_sum",
      .backward_ops = {"loss_sum_backward"},
      .samples = {{"three terms", {real("x", kLogits, -3, 3), labels(kPixels, 4)}, sum_of_losses},
                  {"one term",
                   {real("x", kLogits, -3, 3), labels(kPixels, 4)},
                   [](const std::vector<Value>& in) -> std::vector<Value> {
                     return {loss_sum({{3, cross_entropy(in[0], in[1], {})}})};
                   }}},
      .errors = {{[](Graph& g) {
                    loss_sum({{1, dummy(g, {})}, {1, dummy(g, {2})}});
                  },
                  "loss_sum: the first term=() f32 and a term=(2) f32 must be alike"},
                 {[](Graph& g) {
                    loss_sum({{2, dummy(g, {3})}});
                  },
                  "loss_sum: a term=(3) must be () (a loss is one number)"},
                 {[](Graph&) { loss_sum({}); }, "loss_sum: there are no terms"},
                 {[](Graph& g) {
                    loss_sum(std::vector<LossTerm>(17, {1, dummy(g, {})}));
                  },
                  "loss_sum: 17 terms; there can be 16 at most"}}};
}

OpRecord ignore_labels_record() {
  return {.name = "ignore_labels",
          .samples = {{"two classes",
                       {labels(kPixels, 5)},
                       [](const std::vector<Value>& in) -> std::vector<Value> {
                         return {ignore_labels(in[0], {1, 4}, 255)};
                       }}},
          .errors = {{[](Graph& g) {
                        ignore_labels(dummy(g, {2, 1, 4, 4}), {1}, -1);
                      },
                      "ignore_labels: labels is f32 (2,1,4,4); expected i32"},
                     {[](Graph& g) {
                        ignore_labels(dummy(g, {2, 1, 4, 4}, DType::i32), {1, 256}, -1);
                      },
                      "ignore_labels: class 256 must lie in [0,256)"}},
          .why_no_gradient = "labels are integers"};
}

}  // namespace

std::vector<OpRecord> pixel_loss_records() {
  return {focal_record(),     ignore_labels_record(), cross_entropy_record(),
          loss_mean_record(), loss_sum_record(),      lovasz_record()};
}

}  // namespace fpanet::samples
