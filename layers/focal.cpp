#include "layers/focal.hpp"

#include "layers/checks.hpp"
#include "layers/class_weights.hpp"
#include "layers/dispatch.hpp"
#include "layers/loss_mean.hpp"

namespace fpanet {
namespace {

using kernels::FocalOptions;

class FocalBackward final : public Op {  // x, labels, weights, dsums -> dx
 public:
  explicit FocalBackward(const FocalOptions& options) : options_(options) {}

  std::string_view name() const override { return "focal_backward"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::focal_backward<T>(device, args.in(0).data<T>(), args.in(1).data<std::int32_t>(),
                                 args.in(2).data<double>(), args.in(3).data<double>(), options_,
                                 view4<T>(args.out()), args.write());
    });
  }

 private:
  FocalOptions options_;
};

class Focal final : public Op {  // x, labels, weights -> sums
 public:
  explicit Focal(const FocalOptions& options) : options_(options) {}

  std::string_view name() const override { return "focal"; }
  std::string parameters() const override {
    return fmt::format("gamma={} ignore_index={}", options_.gamma,
                       options_.ignore_index ? std::to_string(*options_.ignore_index) : "none");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    check::dtype(name(), "labels", in[1], DType::i32);
    const Shape& s = in[0].shape;
    check::shape(name(), "labels", in[1], {s[0], 1, s[2], s[3]}, "one per pixel");
    require(options_.gamma >= 0, "focal: gamma={} must be at least 0", options_.gamma);
    return {{{2}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::focal<T>(device, view4<const T>(args.in(0)), args.in(1).data<std::int32_t>(),
                        args.in(2).data<double>(), options_, args.out().data<double>(),
                        args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<FocalBackward>(options_),
              {rule.input(0), rule.input(1), rule.input(2), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::focal_workspace_bytes<T>(device, rows(in[0].shape), fastest(in[0].shape));
    });
  }

 private:
  FocalOptions options_;
};

}  // namespace

Value focal_sums(Value logits, Value labels, const FocalLossOptions& options) {
  Graph& graph = logits.graph();
  check::image("focal", "x", logits.spec());
  const Index classes = logits.shape()[1];
  const Value weights = class_weights_constant(
      graph, "focal", class_shares("focal", options.class_weights, classes), classes);
  const auto op = std::make_shared<Focal>(
      FocalOptions{.gamma = options.gamma, .ignore_index = options.ignore_index});
  return graph.record_one(op, std::array{logits, labels, weights});
}

Value focal_loss(Value logits, Value labels, const FocalLossOptions& options) {
  return loss_mean(focal_sums(logits, labels, options), real_dtype(logits.dtype()));
}

}  // namespace fpanet
