#include "layers/confusion.hpp"
#include "layers/dice.hpp"
#include "layers/samples.hpp"
#include "layers/softmax_dice.hpp"

namespace fpanet::samples {
namespace {

using kernels::DiceMode;

OpSample dice_sample(const std::string& name, const SampleInput& p, const SampleInput& target,
                     const DiceLossOptions& options) {
  return {name, {p, target}, [options](const std::vector<Value>& in) -> std::vector<Value> {
            return {dice_loss(in[0], in[1], options)};
          }};
}

std::vector<OpSample> dice_samples() {
  const SampleInput p = real("p", {2, 4, 3, 5}, 0.1, 0.9);
  const SampleInput logits = real("p", {2, 4, 3, 5}, -2, 2);
  const SampleInput one = real("p", {2, 1, 3, 5}, 0.1, 0.9);
  const Shape pixels{2, 1, 3, 5};
  const SampleInput three = labels(pixels, 3);  // class 3 is absent
  return {
      dice_sample("probabilities", p, three, {.from_logits = false}),
      dice_sample("logits", logits, three, {}),
      dice_sample("log, smooth", p, three, {.from_logits = false, .log_loss = true, .smooth = 1}),
      dice_sample("ignore_index", p, labels(pixels, 4, 255),
                  {.from_logits = false, .ignore_index = 255}),
      dice_sample("ignored class", p, labels(pixels, 4), {.from_logits = false, .ignore_index = 1}),
      dice_sample("classes", p, three, {.from_logits = false, .classes = {0, 2}}),
      dice_sample("class weights", p, three,
                  {.from_logits = false, .class_weights = {0.5, 2, 0, 1}}),
      dice_sample("classes and weights", p, three,
                  {.from_logits = false, .classes = {0, 2}, .class_weights = {0.5, 2, 3, 1}}),
      dice_sample("eps above the sums", p, three, {.from_logits = false, .eps = 100}),
      dice_sample("log, eps above the scores", p, three,
                  {.from_logits = false, .log_loss = true, .eps = 0.9}),
      dice_sample("binary", one, labels(pixels, 2, 9),
                  {.mode = DiceMode::binary, .from_logits = false, .ignore_index = 9}),
      dice_sample("binary logits", one, labels(pixels, 2), {.mode = DiceMode::binary}),
      dice_sample("multilabel", p, labels({2, 4, 3, 5}, 2, 9),
                  {.mode = DiceMode::multilabel, .from_logits = false, .ignore_index = 9}),
      dice_sample("out of range", p, labels(pixels, 3, -1), {.from_logits = false})};
}

OpSample softmax_dice_sample(const std::string& name, const Shape& x, const SampleInput& target,
                             const DiceLossOptions& options) {
  return {name,
          {real("x", x, -2, 2), target},
          [options](const std::vector<Value>& in) -> std::vector<Value> {
            return {softmax_dice(in[0], in[1], options).loss};
          }};
}

OpRecord softmax_dice_record() {
  const Shape x{2, 4, 3, 5}, pixels{2, 1, 3, 5};
  return {.name = "softmax_dice",
          .backward_ops = {"softmax_dice_backward", "dice_backward", "softmax_backward"},
          .samples = {softmax_dice_sample("plain", x, labels(pixels, 3), {}),
                      softmax_dice_sample("log, smooth", x, labels(pixels, 4),
                                          {.log_loss = true, .smooth = 1}),
                      softmax_dice_sample("ignore_index", x, labels(pixels, 4, 255),
                                          {.ignore_index = 255}),
                      softmax_dice_sample("classes", x, labels(pixels, 4), {.classes = {0, 2}}),
                      softmax_dice_sample("class weights", x, labels(pixels, 4),
                                          {.class_weights = {0.5, 2, 0, 1}}),
                      softmax_dice_sample("out of range", x, labels(pixels, 3, -1), {}),
                      softmax_dice_sample("one class", {1, 1, 2, 3}, labels({1, 1, 2, 3}, 1), {}),
                      softmax_dice_sample("8 classes", {1, 8, 2, 3}, labels({1, 1, 2, 3}, 8), {}),
                      softmax_dice_sample("9 classes, in two nodes", {1, 9, 2, 3},
                                          labels({1, 1, 2, 3}, 9), {})},
          .errors = {{[](Graph& g) {
                        softmax_dice(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 4, 4}, DType::i32), {});
                      },
                      "softmax_dice: labels=(2,4,4) must be (2,1,4,4) (one per pixel)"},
                     {[](Graph& g) {
                        softmax_dice(dummy(g, {2, 1, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                     {.mode = DiceMode::binary});
                      },
                      "softmax_dice: the mode must be multiclass; use dice_loss for others "
                      "(x=(2,1,4,4))"}}};
}

OpRecord dice_record() {
  return {.name = "dice",
          .backward_ops = {"dice_backward", "sigmoid_backward", "softmax_backward"},
          .samples = dice_samples(),
          .errors = {{[](Graph& g) {
                        dice_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 4, 4}, DType::i32), {});
                      },
                      "dice: multiclass labels=(2,4,4) must be (2,1,4,4) for p=(2,7,4,4)"},
                     {[](Graph& g) {
                        dice_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}), {});
                      },
                      "dice: labels is f32 (2,1,4,4); expected i32"},
                     {[](Graph& g) {
                        dice_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.mode = DiceMode::binary});
                      },
                      "dice: binary mode needs one channel, got p=(2,7,4,4)"},
                     {[](Graph& g) {
                        dice_loss(dummy(g, {2, 1, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.mode = DiceMode::binary, .classes = {0}});
                      },
                      "dice: classes=[0] cannot be chosen in binary mode"},
                     {[](Graph& g) {
                        dice_loss(dummy(g, {2, 1, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.mode = DiceMode::binary, .class_weights = {1}});
                      },
                      "dice: class weights cannot be given in binary mode"},
                     {[](Graph& g) {
                        dice_loss(dummy(g, {2, 2, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.class_weights = {0, 0}});
                      },
                      "dice: all class weights are 0"},
                     {[](Graph& g) {
                        dice_loss(dummy(g, {2, 7, 4, 4}), dummy(g, {2, 1, 4, 4}, DType::i32),
                                  {.classes = {0, 7}});
                      },
                      "dice: classes=[0, 7] must lie in [0,7)"}}};
}

OpRecord confusion_record() {
  const auto build = [](std::optional<Index> ignore_index) {
    return [ignore_index](const std::vector<Value>& in) -> std::vector<Value> {
      return {confusion(in[0], in[1], ignore_index)};
    };
  };
  const SampleInput scores = fixed(real("scores", {2, 4, 5, 6}));
  return {.name = "confusion",
          .samples = {{"ignored", {scores, labels({2, 1, 5, 6}, 4, 255)}, build(255)},
                      {"out of range", {scores, labels({2, 1, 5, 6}, 4, -1)}, build(std::nullopt)}},
          .errors = {{[](Graph& g) {
                        confusion(dummy(g, {2, 4, 5, 6}), dummy(g, {2, 1, 6, 5}, DType::i32), {});
                      },
                      "confusion: labels=(2,1,6,5) must be (2,1,5,6) for scores=(2,4,5,6)"}},
          .why_no_gradient = "counts do not vary smoothly"};
}

}  // namespace

std::vector<OpRecord> loss_records() {
  return {dice_record(), softmax_dice_record(), confusion_record()};
}

}  // namespace fpanet::samples
