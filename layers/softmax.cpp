#include "layers/softmax.hpp"

#include "kernels/softmax.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

enum class Kind { plain, logarithm };

template <class T>
Matrices<const T> as_rows(const Tensor& x) {
  return {x.data<T>(), 1, rows(x.shape()), fastest(x.shape())};
}

std::size_t scratch_of(std::string_view name, const Context& context, const Spec& x) {
  return dispatch(name, context, x.dtype, [&]<class T>(const auto& device, Type<T>) {
    return kernels::softmax_workspace_bytes<T>(device, rows(x.shape), fastest(x.shape));
  });
}

class SoftmaxBackward final : public Op {  // y, dy -> dx
 public:
  explicit SoftmaxBackward(Kind kind) : kind_(kind) {}

  std::string_view name() const override {
    if (kind_ == Kind::logarithm) return "log_softmax_backward";
    return "softmax_backward";
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      const Matrices<const T> y = as_rows<T>(args.in(0));
      const T* const dy = args.in(1).data<T>();
      T* const dx = args.out().data<T>();
      if (kind_ == Kind::logarithm) {
        kernels::log_softmax_backward<T>(device, y, dy, dx, args.write(), args.workspace);
      } else {
        kernels::softmax_backward<T>(device, y, dy, dx, args.write(), args.workspace);
      }
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0]);
  }

  int in_place_input(std::size_t) const override { return 1; }

 private:
  Kind kind_;
};

class Softmax final : public Op {
 public:
  explicit Softmax(Kind kind) : kind_(kind) {}

  std::string_view name() const override {
    if (kind_ == Kind::logarithm) return "log_softmax";
    return "softmax";
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    require(in[0].shape.rank() >= 1 && fastest(in[0].shape) >= 1,
            "{}: x={} has no entries to normalise", name(), in[0].shape);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      const Matrices<const T> x = as_rows<T>(args.in(0));
      T* const y = args.out().data<T>();
      if (kind_ == Kind::logarithm) {
        kernels::log_softmax<T>(device, x, y, args.workspace);
      } else {
        kernels::softmax<T>(device, x, y, args.workspace);
      }
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<SoftmaxBackward>(kind_), {rule.output(), rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0]);
  }

  int in_place_input(std::size_t) const override { return 0; }

 private:
  Kind kind_;
};

}  // namespace

Value softmax(Value x) {
  return x.graph().record_one(std::make_shared<Softmax>(Kind::plain), std::array{x});
}

Value log_softmax(Value x) {
  return x.graph().record_one(std::make_shared<Softmax>(Kind::logarithm), std::array{x});
}

}  // namespace fpanet
