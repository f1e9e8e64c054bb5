#pragma once
// The loss of the goldens that need no network: the mean of the squares of y, in double.

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet::test {

class MeanOfSquares final : public Op {
 public:
  std::string_view name() const override { return "mean_of_squares"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {{{}, in[0].dtype}}; }
  void run(const RunArgs& args) const override {
    double sum = 0;
    for (const double y : args.in(0).span<double>()) sum += y * y;
    args.out().data<double>()[0] = sum / static_cast<double>(args.in(0).numel());
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Gradient>(), {rule.input(0), rule.gradient()}, {0});
  }

 private:
  class Gradient final : public Op {
   public:
    std::string_view name() const override { return "mean_of_squares_backward"; }
    std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
    void run(const RunArgs& args) const override {
      const auto y = args.in(0).span<double>();
      const auto dy = args.out().span<double>();
      const double factor = 2 * args.in(1).data<double>()[0] / static_cast<double>(y.size());
      for (std::size_t i = 0; i < y.size(); ++i) store(dy[i], factor * y[i], args.write());
    }
  };
};

inline Value mean_of_squares(Value y) {
  return y.graph().record_one(std::make_shared<MeanOfSquares>(), std::array{y});
}

}  // namespace fpanet::test
