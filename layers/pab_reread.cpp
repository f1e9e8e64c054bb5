#include "layers/pab_reread.hpp"

#include "kernels/pab_reread.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class PabRereadBackward final : public Op {  // dy -> dm
 public:
  explicit PabRereadBackward(const Spec& m) : m_(m) {}

  std::string_view name() const override { return "pab_reread_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {m_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, m_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::pab_reread_backward<T>(device, view4<const T>(args.in(0)), args.out().data<T>(),
                                      args.write());
    });
  }

 private:
  Spec m_;
};

class PabReread final : public Op {
 public:
  PabReread(Index h, Index w) : h_(h), w_(w) {}

  std::string_view name() const override { return "pab_reread"; }
  std::string parameters() const override { return fmt::format("h={} w={}", h_, w_); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "m", in[0]);
    const Shape& s = in[0].shape;
    require(s.rank() == 3 && s[1] == h_ * w_, "pab_reread: m={} is not (N,{}*{},C)", s, h_, w_);
    return {{{s[0], s[2], h_, w_}, in[0].dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::pab_reread<T>(device, args.in(0).data<T>(), view4<T>(args.out()));
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<PabRereadBackward>(rule.input(0).spec()), {rule.gradient()}, {0});
  }

 private:
  Index h_, w_;
};

}  // namespace

Value pab_reread(Value m, Index h, Index w) {
  return m.graph().record_one(std::make_shared<PabReread>(h, w), std::array{m});
}

}  // namespace fpanet
