#include "layers/loss_mean.hpp"

#include "kernels/loss_mean.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class LossMeanBackward final : public Op {  // sums, dloss -> dsums
 public:
  std::string_view name() const override { return "loss_mean_backward"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(1).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::loss_mean_backward<T>(device, args.in(0).data<double>(),
                                     args.in(1).data<kernels::Real<T>>(), args.out().data<double>(),
                                     args.write());
    });
  }
};

class LossMean final : public Op {  // sums -> loss
 public:
  explicit LossMean(DType dtype) : dtype_(dtype) {}

  std::string_view name() const override { return "loss_mean"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "sums", in[0], DType::f64);
    check::shape(name(), "sums", in[0], {2}, "terms and weights");
    return {{{}, dtype_}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, dtype_, [&]<class T>(const auto& device, Type<T>) {
      kernels::loss_mean<T>(device, args.in(0).data<double>(), args.out().data<kernels::Real<T>>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<LossMeanBackward>(), {rule.input(0), rule.gradient()}, {0});
  }

 private:
  DType dtype_;
};

}  // namespace

Value loss_mean(Value sums, DType dtype) {
  return sums.graph().record_one(std::make_shared<LossMean>(dtype), std::array{sums});
}

}  // namespace fpanet
