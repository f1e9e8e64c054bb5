#include "layers/lovasz.hpp"

#include "layers/cast.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"
#include "layers/softmax.hpp"

namespace fpanet {
namespace {

using kernels::LovaszOptions;

class LovaszBackward final : public Op {  // p, slopes, present, dloss -> dx
 public:
  LovaszBackward(const LovaszOptions& options, const Spec& x) : options_(options), x_(x) {}

  std::string_view name() const override { return "lovasz_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      using R = kernels::Real<T>;
      kernels::lovasz_backward<T>(device, view4<const R>(args.in(0)), args.in(1).data<R>(),
                                  args.in(2).data<double>(), args.in(3).data<R>(), options_,
                                  args.out().data<T>(), args.write());
    });
  }

 private:
  LovaszOptions options_;
  Spec x_;
};

class Lovasz final : public Op {  // x, p, labels -> loss, slopes, present
 public:
  explicit Lovasz(const LovaszOptions& options) : options_(options) {}

  std::string_view name() const override { return "lovasz"; }
  std::string parameters() const override {
    return fmt::format("{} ignore_index={}", options_.per_image ? "per image" : "whole batch",
                       options_.ignore_index ? std::to_string(*options_.ignore_index) : "none");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &p = in[1], &labels = in[2];
    check::image(name(), "x", x);
    const Spec real{x.shape, real_dtype(x.dtype)};
    check::same(name(), "the probabilities of x", real, "p", p);
    check::dtype(name(), "labels", labels, DType::i32);
    const Shape& s = x.shape;
    check::shape(name(), "labels", labels, {s[0], 1, s[2], s[3]}, "one per pixel");
    return {{{}, real.dtype}, real, {{options_.groups(s[0])}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(1).dtype(), [&]<class T>(const auto& device, Type<T>) {
      using R = kernels::Real<T>;
      kernels::lovasz<R>(device, view4<const R>(args.in(1)), args.in(2).data<std::int32_t>(),
                         options_, args.out(0).data<R>(), args.out(1).data<R>(),
                         args.out(2).data<double>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<LovaszBackward>(options_, rule.input(0).spec()),
              {rule.input(1), rule.output(1), rule.output(2), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[1].shape;
    return dispatch(name(), context, in[1].dtype, [&]<class T>(const auto& device, Type<T>) {
      using R = kernels::Real<T>;
      const View<const R> p{nullptr, s[0], s[1], s[2], s[3]};
      return kernels::lovasz_workspace_bytes<R>(device, p, options_);
    });
  }

 private:
  LovaszOptions options_;
};

}  // namespace

Value lovasz_loss(Value logits, Value probabilities, Value labels, const LovaszOptions& options) {
  return logits.graph().record(std::make_shared<Lovasz>(options),
                               std::array{logits, probabilities, labels})[0];
}

Value lovasz_loss(Value logits, Value labels, const LovaszOptions& options) {
  check::image("lovasz", "x", logits.spec());
  const Value probabilities = softmax(in_dtype(logits, real_dtype(logits.dtype())));
  return lovasz_loss(logits, probabilities, labels, options);
}

}  // namespace fpanet
