#include "layers/softmax_dice.hpp"

#include "kernels/softmax_dice.hpp"
#include "layers/cast.hpp"
#include "layers/checks.hpp"
#include "layers/class_sums.hpp"
#include "layers/dispatch.hpp"
#include "layers/overlap_loss.hpp"
#include "layers/softmax.hpp"

namespace fpanet {
namespace {

using kernels::DiceOptions;
using kernels::Real;

std::size_t scratch_of(const Context& context, const Spec& x) {
  return dispatch("softmax_dice", context, x.dtype, [&]<class T>(const auto& device, Type<T>) {
    return kernels::softmax_dice_workspace_bytes<T>(device, rows(x.shape), fastest(x.shape));
  });
}

class SoftmaxDiceBackward final : public Op {  // p, labels, sums, dloss -> dx
 public:
  SoftmaxDiceBackward(DiceOptions options, const Spec& x) : options_(std::move(options)), x_(x) {}

  std::string_view name() const override { return "softmax_dice_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::softmax_dice_backward<T>(device, view4<const Real<T>>(args.in(0)),
                                        args.in(1).data<std::int32_t>(), args.in(2).data<double>(),
                                        args.in(3).data<Real<T>>(), options_, view4<T>(args.out()),
                                        args.write(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec>) const override {
    return scratch_of(context, x_);
  }

 private:
  DiceOptions options_;
  Spec x_;
};

class SoftmaxDiceOp final : public Op {  // x, labels -> loss, p, sums
 public:
  explicit SoftmaxDiceOp(DiceOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "softmax_dice"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &labels = in[1];
    check::dtype(name(), "labels", labels, DType::i32);
    const Shape& s = x.shape;
    check::shape(name(), "labels", labels, {s[0], 1, s[2], s[3]}, "one per pixel");
    const DType real = real_dtype(x.dtype);
    return {{{}, real}, {s, real}, {{3, s[1]}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::softmax_dice<T>(device, view4<const T>(args.in(0)), args.in(1).data<std::int32_t>(),
                               options_, view4<Real<T>>(args.out(1)), args.out(0).data<Real<T>>(),
                               args.out(2).data<double>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    require(
        !rule.has_gradient(1),
        "softmax_dice: no gradient passes through its probabilities; use softmax and dice_loss");
    rule.emit(std::make_shared<SoftmaxDiceBackward>(options_, rule.input(0).spec()),
              {rule.output(1), rule.input(1), rule.output(2), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(context, in[0]);
  }

 private:
  DiceOptions options_;
};

}  // namespace

SoftmaxDice softmax_dice(Value logits, Value labels, const DiceLossOptions& options,
                         const BatchReduction* reduction) {
  check::image("softmax_dice", "x", logits.spec());
  require(options.mode == kernels::DiceMode::multiclass,
          "softmax_dice: the mode must be multiclass; use dice_loss for others (x={})",
          logits.shape());
  const Index classes = logits.shape()[1];
  const DType real = real_dtype(logits.dtype());
  const DiceOptions dice = dice_kernel_options(options, classes);
  if (reduction != nullptr) {
    const SoftmaxClassSums end = softmax_class_sums(logits, labels, dice.ignore_index);
    const Value sums = reduction->total(end.sums);
    return {end.probabilities, overlap_loss(sums, kernels::overlap_of(dice), real)};
  }
  if (classes > kernels::kSoftmaxDiceClasses) {
    const Value probabilities = softmax(in_dtype(logits, real));
    DiceLossOptions of_probabilities = options;
    of_probabilities.from_logits = false;
    return {probabilities, dice_loss(probabilities, labels, of_probabilities)};
  }
  const std::vector<Value> out =
      logits.graph().record(std::make_shared<SoftmaxDiceOp>(dice), std::array{logits, labels});
  return {out[1], out[0]};
}

}  // namespace fpanet
