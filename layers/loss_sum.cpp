#include "layers/loss_sum.hpp"

#include "engine/core/join.hpp"
#include "kernels/loss_sum.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class LossSumBackward final : public Op {  // dloss -> dterms
 public:
  explicit LossSumBackward(std::vector<double> factors) : factors_(std::move(factors)) {}

  std::string_view name() const override { return "loss_sum_backward"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    return std::vector<Spec>(factors_.size(), in[0]);
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      std::vector<kernels::Real<T>*> terms;
      for (const Tensor& out : args.outputs) {
        terms.push_back(data_or_null<kernels::Real<T>>(out));
      }
      kernels::loss_sum_backward<T>(device, args.in(0).data<kernels::Real<T>>(), factors_, terms,
                                    args.writes);
    });
  }

 private:
  std::vector<double> factors_;
};

class LossSum final : public Op {  // terms -> loss
 public:
  explicit LossSum(std::vector<double> factors) : factors_(std::move(factors)) {}

  std::string_view name() const override { return "loss_sum"; }
  std::string parameters() const override { return fmt::format("factors={}", join(factors_, ",")); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    require(in.size() <= kernels::kMostLossTerms, "loss_sum: {} terms; there can be {} at most",
            in.size(), kernels::kMostLossTerms);
    for (const Spec& term : in) {
      check::same(name(), "the first term", in[0], "a term", term);
      check::shape(name(), "a term", term, {}, "a loss is one number");
    }
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      std::vector<const kernels::Real<T>*> terms;
      for (const Tensor& in : args.inputs) terms.push_back(in.data<kernels::Real<T>>());
      kernels::loss_sum<T>(device, terms, factors_, args.out().data<kernels::Real<T>>());
    });
  }

  void backward(BackwardRule& rule) const override {
    std::vector<int> gradient_of;
    for (std::size_t i = 0; i < factors_.size(); ++i) gradient_of.push_back(static_cast<int>(i));
    rule.emit(std::make_shared<LossSumBackward>(factors_), {rule.gradient()}, gradient_of);
  }

 private:
  std::vector<double> factors_;
};

}  // namespace

Value loss_sum(const std::vector<LossTerm>& terms) {
  require(!terms.empty(), "loss_sum: there are no terms");
  if (terms.size() == 1 && terms[0].factor == 1) return terms[0].loss;
  std::vector<Value> losses;
  std::vector<double> factors;
  for (const LossTerm& term : terms) {
    losses.push_back(term.loss);
    factors.push_back(term.factor);
  }
  return losses[0].graph().record_one(std::make_shared<LossSum>(std::move(factors)), losses);
}

}  // namespace fpanet
