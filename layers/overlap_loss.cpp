#include "layers/overlap_loss.hpp"

#include <fmt/core.h>

#include "layers/checks.hpp"
#include "layers/class_weights.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::OverlapLossOptions;
using kernels::OverlapMeasure;

std::string_view name_of(OverlapMeasure measure) {
  switch (measure) {
    case OverlapMeasure::dice:
      return "dice";
    case OverlapMeasure::jaccard:
      return "jaccard";
    case OverlapMeasure::tversky:
      return "tversky";
  }
  return "?";
}

class OverlapLossBackward final : public Op {  // sums, total, dloss -> dsums
 public:
  explicit OverlapLossBackward(OverlapLossOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "overlap_loss_backward"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(2).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::overlap_loss_backward<T>(
          device, args.in(0).data<double>(), args.in(1).data<double>(),
          args.in(2).data<kernels::Real<T>>(), options_, args.out().data<double>(), args.write());
    });
  }

 private:
  OverlapLossOptions options_;
};

class OverlapLoss final : public Op {  // sums -> loss, total
 public:
  OverlapLoss(OverlapLossOptions options, DType dtype)
      : options_(std::move(options)), dtype_(dtype) {}

  std::string_view name() const override { return "overlap_loss"; }
  std::string parameters() const override {
    std::string text = fmt::format("{}{} smooth={} eps={}", name_of(options_.measure),
                                   options_.log_loss ? " log" : "", options_.smooth, options_.eps);
    if (options_.measure == OverlapMeasure::tversky) {
      text +=
          fmt::format(" alpha={} beta={} gamma={}", options_.alpha, options_.beta, options_.gamma);
    }
    return text;
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "sums", in[0], DType::f64);
    check::shape(name(), "sums", in[0], {3, std::ssize(options_.weights)}, "of each class");
    require(options_.alpha >= 0 && options_.beta >= 0 && options_.gamma > 0,
            "overlap_loss: alpha={} and beta={} must be at least 0, gamma={} above 0",
            options_.alpha, options_.beta, options_.gamma);
    return {{{}, dtype_}, {{}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, dtype_, [&]<class T>(const auto& device, Type<T>) {
      kernels::overlap_loss<T>(device, args.in(0).data<double>(), options_,
                               args.out(0).data<kernels::Real<T>>(), args.out(1).data<double>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<OverlapLossBackward>(options_),
              {rule.input(0), rule.output(1), rule.gradient()}, {0});
  }

 private:
  OverlapLossOptions options_;
  DType dtype_;
};

}  // namespace

Value overlap_loss(Value sums, OverlapLossOptions options, DType dtype) {
  require(sums.shape().rank() == 2, "overlap_loss: sums={} must be (3,C)", sums.shape());
  if (options.weights.empty()) {
    options.weights = class_shares("overlap_loss", {}, sums.shape()[1]);
  }
  return sums.graph().record(std::make_shared<OverlapLoss>(std::move(options), dtype),
                             std::array{sums})[0];
}

}  // namespace fpanet
