#include "layers/upsample2x.hpp"

#include "kernels/upsample2x.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class Upsample2xBackward final : public Op {  // dy -> dx
 public:
  explicit Upsample2xBackward(const Spec& x) : x_(x) {}

  std::string_view name() const override { return "upsample2x_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::upsample2x_backward<T>(device, view4<const T>(args.in(0)), view4<T>(args.out()),
                                      args.write());
    });
  }

 private:
  Spec x_;
};

class Upsample2x final : public Op {
 public:
  std::string_view name() const override { return "upsample2x"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    const Shape& s = in[0].shape;
    return {{{s[0], s[1], 2 * s[2], 2 * s[3]}, in[0].dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::upsample2x<T>(device, view4<const T>(args.in(0)), view4<T>(args.out()));
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Upsample2xBackward>(rule.input(0).spec()), {rule.gradient()}, {0});
  }

  bool cheap_to_recompute() const override { return true; }
};

class Upsample2xConcatBackward final : public Op {  // dy -> dx, dskip
 public:
  Upsample2xConcatBackward(const Spec& x, const Spec& skip) : x_(x), skip_(skip) {}

  std::string_view name() const override { return "upsample2x_concat_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_, skip_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::upsample2x_concat_backward<T>(
          device, view4<const T>(args.in(0)), optional_view4<T>(args.out(0), x_.shape),
          args.write(0), optional_view4<T>(args.out(1), skip_.shape), args.write(1));
    });
  }

 private:
  Spec x_, skip_;
};

class Upsample2xConcat final : public Op {
 public:
  std::string_view name() const override { return "upsample2x_concat"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    check::image(name(), "skip", in[1]);
    const Shape &x = in[0].shape, &skip = in[1].shape;
    require(
        in[0].dtype == in[1].dtype && x[0] == skip[0] && 2 * x[2] == skip[2] && 2 * x[3] == skip[3],
        "upsample2x_concat: skip={} {} must have the images of x={} {} at twice the size", skip,
        name_of(in[1].dtype), x, name_of(in[0].dtype));
    return {{{x[0], x[1] + skip[1], skip[2], skip[3]}, in[0].dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::upsample2x_concat<T>(device, view4<const T>(args.in(0)), view4<const T>(args.in(1)),
                                    view4<T>(args.out()));
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(
        std::make_shared<Upsample2xConcatBackward>(rule.input(0).spec(), rule.input(1).spec()),
        {rule.gradient()}, {0, 1});
  }

  bool cheap_to_recompute() const override { return true; }
};

}  // namespace

Value upsample2x(Value x) {
  return x.graph().record_one(std::make_shared<Upsample2x>(), std::array{x});
}

Value upsample2x_concat(Value x, Value skip) {
  return x.graph().record_one(std::make_shared<Upsample2xConcat>(), std::array{x, skip});
}

}  // namespace fpanet
