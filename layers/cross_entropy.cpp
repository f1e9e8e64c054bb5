#include "layers/cross_entropy.hpp"

#include "layers/cast.hpp"
#include "layers/checks.hpp"
#include "layers/class_weights.hpp"
#include "layers/dispatch.hpp"
#include "layers/loss_mean.hpp"
#include "layers/softmax.hpp"

namespace fpanet {
namespace {

using kernels::CrossEntropyOptions;
using kernels::Real;

class CrossEntropyBackward final : public Op {  // p, labels, weights, dsums -> dx
 public:
  CrossEntropyBackward(const CrossEntropyOptions& options, const Spec& x)
      : options_(options), x_(x) {}

  std::string_view name() const override { return "cross_entropy_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::cross_entropy_backward<T>(device, args.in(0).data<Real<T>>(),
                                         args.in(1).data<std::int32_t>(), args.in(2).data<double>(),
                                         args.in(3).data<double>(), options_, view4<T>(args.out()),
                                         args.write());
    });
  }

 private:
  CrossEntropyOptions options_;
  Spec x_;
};

class CrossEntropy final : public Op {  // x, p, labels, weights -> sums
 public:
  explicit CrossEntropy(const CrossEntropyOptions& options) : options_(options) {}

  std::string_view name() const override { return "cross_entropy"; }
  std::string parameters() const override {
    return fmt::format("label_smoothing={} ignore_index={}", options_.label_smoothing,
                       options_.ignore_index ? std::to_string(*options_.ignore_index) : "none");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &p = in[1], &labels = in[2];
    check::image(name(), "x", x);
    check::same(name(), "the probabilities of x", {x.shape, real_dtype(x.dtype)}, "p", p);
    check::dtype(name(), "labels", labels, DType::i32);
    const Shape& s = x.shape;
    check::shape(name(), "labels", labels, {s[0], 1, s[2], s[3]}, "one per pixel");
    require(options_.label_smoothing >= 0 && options_.label_smoothing <= 1,
            "cross_entropy: label_smoothing={} must lie in [0,1]", options_.label_smoothing);
    return {{{2}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::cross_entropy<T>(device, view4<const T>(args.in(0)), args.in(1).data<Real<T>>(),
                                args.in(2).data<std::int32_t>(), args.in(3).data<double>(),
                                options_, args.out().data<double>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<CrossEntropyBackward>(options_, rule.input(0).spec()),
              {rule.input(1), rule.input(2), rule.input(3), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::cross_entropy_workspace_bytes<T>(device, rows(in[0].shape),
                                                       fastest(in[0].shape));
    });
  }

 private:
  CrossEntropyOptions options_;
};

}  // namespace

Value cross_entropy_sums(Value logits, Value probabilities, Value labels,
                         const CrossEntropyLossOptions& options) {
  Graph& graph = logits.graph();
  check::image("cross_entropy", "x", logits.spec());
  const Value weights =
      class_weights_constant(graph, "cross_entropy", options.class_weights, logits.shape()[1]);
  const auto op = std::make_shared<CrossEntropy>(CrossEntropyOptions{
      .label_smoothing = options.label_smoothing, .ignore_index = options.ignore_index});
  return graph.record_one(op, std::array{logits, probabilities, labels, weights});
}

Value cross_entropy(Value logits, Value labels, const CrossEntropyLossOptions& options) {
  const DType real = real_dtype(logits.dtype());
  const Value probabilities = softmax(in_dtype(logits, real));
  return loss_mean(cross_entropy_sums(logits, probabilities, labels, options), real);
}

}  // namespace fpanet
