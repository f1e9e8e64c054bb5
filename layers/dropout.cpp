#include "layers/dropout.hpp"

#include "kernels/dropout.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class Dropout final : public Op {
 public:
  Dropout(double p, std::uint32_t stream) : p_(p), stream_(stream) {}

  std::string_view name() const override { return "dropout"; }
  std::string parameters() const override { return fmt::format("p={} stream={}", p_, stream_); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    check::dtype(name(), "rng", in[1], DType::i64);
    check::shape(name(), "rng", in[1], {2}, "a seed and a step");
    require(p_ >= 0 && p_ <= 1, "dropout: p={} is not within [0,1]", p_);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::dropout<T>(device, args.in(0).span<T>(), args.in(1).data<std::int64_t>(), stream_,
                          p_, args.out().span<T>(), args.write());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Dropout>(p_, stream_), {rule.gradient(), rule.input(1)}, {0});
  }

  int in_place_input(std::size_t) const override { return 0; }

 private:
  double p_;
  std::uint32_t stream_;
};

}  // namespace

Value dropout(Value x, Value rng, double p, std::uint32_t stream) {
  return x.graph().record_one(std::make_shared<Dropout>(p, stream), std::array{x, rng});
}

}  // namespace fpanet
