#include "layers/concat.hpp"

#include "kernels/concat.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class ConcatBackward final : public Op {  // dy -> da, db
 public:
  ConcatBackward(const Spec& a, const Spec& b) : a_(a), b_(b) {}

  std::string_view name() const override { return "concat_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {a_, b_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, a_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::concat_backward<T>(device, view4<const T>(args.in(0)),
                                  optional_view4<T>(args.out(0), a_.shape), args.write(0),
                                  optional_view4<T>(args.out(1), b_.shape), args.write(1));
    });
  }

 private:
  Spec a_, b_;
};

class Concat final : public Op {
 public:
  std::string_view name() const override { return "concat"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &a = in[0], &b = in[1];
    check::image(name(), "a", a);
    check::image(name(), "b", b);
    const Shape &s = a.shape, &t = b.shape;
    require(a.dtype == b.dtype && s[0] == t[0] && s[2] == t[2] && s[3] == t[3],
            "concat: a={} {} and b={} {} must be alike in all but the channels", s,
            name_of(a.dtype), t, name_of(b.dtype));
    return {{{s[0], s[1] + t[1], s[2], s[3]}, a.dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::concat<T>(device, view4<const T>(args.in(0)), view4<const T>(args.in(1)),
                         view4<T>(args.out()));
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<ConcatBackward>(rule.input(0).spec(), rule.input(1).spec()),
              {rule.gradient()}, {0, 1});
  }
};

}  // namespace

Value concat(Value a, Value b) {
  return a.graph().record_one(std::make_shared<Concat>(), std::array{a, b});
}

}  // namespace fpanet
