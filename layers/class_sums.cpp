#include "layers/class_sums.hpp"

#include <fmt/core.h>

#include "kernels/softmax_class_sums.hpp"
#include "layers/cast.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"
#include "layers/softmax.hpp"

namespace fpanet {
namespace {

using kernels::ClassTargets;
using kernels::DiceMode;
using kernels::Real;

std::string ignored(const std::optional<Index>& ignore_index) {
  return fmt::format("ignore_index={}", ignore_index ? std::to_string(*ignore_index) : "none");
}

class ClassSumsBackward final : public Op {  // labels, dsums -> dp
 public:
  ClassSumsBackward(const ClassTargets& targets, const Spec& p) : targets_(targets), p_(p) {}

  std::string_view name() const override { return "class_sums_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {p_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, p_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::class_sums_backward<T>(device, args.in(0).data<std::int32_t>(),
                                      args.in(1).data<double>(), targets_, view4<T>(args.out()),
                                      args.write());
    });
  }

 private:
  ClassTargets targets_;
  Spec p_;
};

class ClassSums final : public Op {  // p, labels -> sums
 public:
  explicit ClassSums(const ClassTargets& targets) : targets_(targets) {}

  std::string_view name() const override { return "class_sums"; }
  std::string parameters() const override { return ignored(targets_.ignore_index); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &p = in[0], &labels = in[1];
    check::image(name(), "p", p);
    check::dtype(name(), "labels", labels, DType::i32);
    const Shape& s = p.shape;
    require(targets_.mode != DiceMode::binary || s[1] == 1,
            "class_sums: binary mode wants one channel, got p={}", s);
    const bool per_channel = targets_.mode == DiceMode::multilabel;
    check::shape(name(), "labels", labels, per_channel ? s : Shape{s[0], 1, s[2], s[3]},
                 per_channel ? "one per pixel and channel" : "one per pixel");
    return {{{3, s[1]}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::class_sums<T>(device, view4<const T>(args.in(0)), args.in(1).data<std::int32_t>(),
                             targets_, args.out().data<double>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<ClassSumsBackward>(targets_, rule.input(0).spec()),
              {rule.input(1), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::class_sums_workspace_bytes<T>(device, rows(in[0].shape),
                                                    fastest(in[0].shape));
    });
  }

 private:
  ClassTargets targets_;
};

class SoftmaxClassSumsBackward final : public Op {  // p, labels, dsums -> dx
 public:
  SoftmaxClassSumsBackward(std::optional<Index> ignore_index, const Spec& x)
      : ignore_index_(ignore_index), x_(x) {}

  std::string_view name() const override { return "softmax_class_sums_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::softmax_class_sums_backward<T>(
          device, view4<const Real<T>>(args.in(0)), args.in(1).data<std::int32_t>(),
          args.in(2).data<double>(), ignore_index_, view4<T>(args.out()), args.write());
    });
  }

 private:
  std::optional<Index> ignore_index_;
  Spec x_;
};

class SoftmaxClassSumsOp final : public Op {  // x, labels -> sums, p
 public:
  explicit SoftmaxClassSumsOp(std::optional<Index> ignore_index) : ignore_index_(ignore_index) {}

  std::string_view name() const override { return "softmax_class_sums"; }
  std::string parameters() const override { return ignored(ignore_index_); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &labels = in[1];
    check::dtype(name(), "labels", labels, DType::i32);
    const Shape& s = x.shape;
    check::shape(name(), "labels", labels, {s[0], 1, s[2], s[3]}, "one per pixel");
    return {{{3, s[1]}, DType::f64}, {s, real_dtype(x.dtype)}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::softmax_class_sums<T>(
          device, view4<const T>(args.in(0)), args.in(1).data<std::int32_t>(), ignore_index_,
          view4<Real<T>>(args.out(1)), args.out(0).data<double>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    require(!rule.has_gradient(1),
            "softmax_class_sums: no gradient passes through its probabilities; use softmax and "
            "class_sums");
    rule.emit(std::make_shared<SoftmaxClassSumsBackward>(ignore_index_, rule.input(0).spec()),
              {rule.output(1), rule.input(1), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::softmax_class_sums_workspace_bytes<T>(device, rows(in[0].shape),
                                                            fastest(in[0].shape));
    });
  }

 private:
  std::optional<Index> ignore_index_;
};

}  // namespace

Value class_sums(Value p, Value labels, const ClassTargets& targets) {
  return p.graph().record_one(std::make_shared<ClassSums>(targets), std::array{p, labels});
}

SoftmaxClassSums softmax_class_sums(Value logits, Value labels, std::optional<Index> ignore_index) {
  check::image("softmax_class_sums", "x", logits.spec());
  if (logits.shape()[1] > kernels::kSoftmaxSumClasses) {
    const Value probabilities = softmax(in_dtype(logits, real_dtype(logits.dtype())));
    return {probabilities, class_sums(probabilities, labels, {.ignore_index = ignore_index})};
  }
  const auto op = std::make_shared<SoftmaxClassSumsOp>(ignore_index);
  const std::vector<Value> out = logits.graph().record(op, std::array{logits, labels});
  return {out[1], out[0]};
}

}  // namespace fpanet
