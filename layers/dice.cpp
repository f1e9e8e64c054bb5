#include "layers/dice.hpp"

#include <fmt/core.h>

#include "engine/core/join.hpp"
#include "layers/activation.hpp"
#include "layers/checks.hpp"
#include "layers/class_sums.hpp"
#include "layers/class_weights.hpp"
#include "layers/dispatch.hpp"
#include "layers/overlap_loss.hpp"
#include "layers/softmax.hpp"

namespace fpanet {
namespace {

using kernels::DiceMode;
using kernels::DiceOptions;

std::string_view name_of(DiceMode mode) {
  switch (mode) {
    case DiceMode::binary:
      return "binary";
    case DiceMode::multiclass:
      return "multiclass";
    case DiceMode::multilabel:
      return "multilabel";
  }
  return "?";
}

std::size_t scratch_of(const Context& context, const Spec& p) {
  return dispatch("dice", context, p.dtype, [&]<class T>(const auto& device, Type<T>) {
    return kernels::dice_workspace_bytes<T>(device, rows(p.shape), fastest(p.shape));
  });
}

class DiceBackward final : public Op {  // labels, sums, dloss -> dp
 public:
  DiceBackward(DiceOptions options, const Spec& p) : options_(std::move(options)), p_(p) {}

  std::string_view name() const override { return "dice_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {p_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, p_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::dice_backward<T>(device, args.in(0).data<std::int32_t>(), args.in(1).data<double>(),
                                args.in(2).data<kernels::Real<T>>(), options_, view4<T>(args.out()),
                                args.write(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec>) const override {
    return scratch_of(context, p_);
  }

 private:
  DiceOptions options_;
  Spec p_;
};

class Dice final : public Op {  // p, labels -> loss, sums
 public:
  explicit Dice(DiceOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "dice"; }
  std::string parameters() const override {
    return fmt::format("{}{} smooth={} eps={} ignore_index={}", name_of(options_.mode),
                       options_.log_loss ? " log" : "", options_.smooth, options_.eps,
                       options_.ignore_index ? std::to_string(*options_.ignore_index) : "none");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &p = in[0], &labels = in[1];
    check::image(name(), "p", p);
    check::dtype(name(), "labels", labels, DType::i32);
    const Shape& s = p.shape;
    require(options_.mode != DiceMode::binary || s[1] == 1,
            "dice: binary mode needs one channel, got p={}", s);
    const Shape wanted = options_.mode == DiceMode::multilabel ? s : Shape{s[0], 1, s[2], s[3]};
    require(labels.shape == wanted, "dice: {} labels={} must be {} for p={}",
            name_of(options_.mode), labels.shape, wanted, s);
    return {{{}, real_dtype(p.dtype)}, {{3, s[1]}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::dice<T>(device, view4<const T>(args.in(0)), args.in(1).data<std::int32_t>(),
                       options_, args.out(0).data<kernels::Real<T>>(), args.out(1).data<double>(),
                       args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<DiceBackward>(options_, rule.input(0).spec()),
              {rule.input(1), rule.output(1), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(context, in[0]);
  }

 private:
  DiceOptions options_;
};

/// The weight of each of `channels` classes in the loss, which is the weighted mean over
/// `options.classes` or, if that is empty, over all classes.
std::vector<double> shares_in_loss(const DiceLossOptions& options, Index channels) {
  const bool binary = options.mode == DiceMode::binary;
  require(!binary || options.class_weights.empty(),
          "dice: class weights cannot be given in binary mode");
  const std::vector<double> of_all = class_shares("dice", options.class_weights, channels);
  if (options.classes.empty()) return of_all;
  require(!binary, "dice: classes=[{}] cannot be chosen in binary mode",
          join(options.classes, ", "));
  std::vector<double> weights(static_cast<std::size_t>(channels), 0.0);
  for (const Index c : options.classes) {
    require(c >= 0 && c < channels, "dice: classes=[{}] must lie in [0,{})",
            join(options.classes, ", "), channels);
    const auto i = static_cast<std::size_t>(c);
    weights[i] += options.class_weights.empty() ? 1 : options.class_weights[i];
  }
  return class_shares("dice", weights, channels);
}

}  // namespace

DiceOptions dice_kernel_options(const DiceLossOptions& options, Index channels) {
  return {.mode = options.mode,
          .log_loss = options.log_loss,
          .smooth = options.smooth,
          .eps = options.eps,
          .ignore_index = options.ignore_index,
          .weights = shares_in_loss(options, channels)};
}

Value dice_loss(Value prediction, Value labels, const DiceLossOptions& options,
                const BatchReduction* reduction) {
  check::image("dice", "p", prediction.spec());
  const DiceOptions dice = dice_kernel_options(options, prediction.shape()[1]);
  if (options.from_logits) {
    prediction = options.mode == DiceMode::multiclass ? softmax(prediction) : sigmoid(prediction);
  }
  if (reduction != nullptr) {
    const Value sums = class_sums(prediction, labels, kernels::targets_of(dice));
    return overlap_loss(reduction->total(sums), kernels::overlap_of(dice),
                        real_dtype(prediction.dtype()));
  }
  return prediction.graph().record(std::make_shared<Dice>(dice), std::array{prediction, labels})[0];
}

}  // namespace fpanet
