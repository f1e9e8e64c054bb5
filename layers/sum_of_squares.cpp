#include "layers/sum_of_squares.hpp"

#include <algorithm>

#include "kernels/sum_of_squares.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class SumOfSquares final : public Op {  // region -> sums
 public:
  explicit SumOfSquares(const std::vector<std::vector<Segment>>& groups) : groups_(groups) {}

  std::string_view name() const override { return "sum_of_squares"; }
  std::string parameters() const override { return fmt::format("groups={}", groups_.size()); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "region", in[0]);
    for (const std::vector<Segment>& segments : groups_) {
      require(!segments.empty(), "sum_of_squares: a group without segments of region={}",
              in[0].shape);
      check::segments(name(), segments, "region", in[0]);
    }
    return {{{std::ssize(groups_)}, DType::f64}};
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    Index largest = 0;
    for (const std::vector<Segment>& segments : groups_) {
      for (const Segment& segment : segments) largest = std::max(largest, segment.count);
    }
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::sum_of_squares_workspace_bytes<T>(device, largest);
    });
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      double* sum = args.out().data<double>();
      for (const std::vector<Segment>& segments : groups_) {
        Write write = Write::assign;
        for (const Segment& segment : segments) {
          const std::span<const T> part = args.in(0).span<T>().subspan(
              static_cast<std::size_t>(segment.offset), static_cast<std::size_t>(segment.count));
          kernels::sum_of_squares<T>(device, part, sum, write, args.workspace);
          write = Write::accumulate;
        }
        ++sum;
      }
    });
  }

  bool differentiable() const override { return false; }

 private:
  std::vector<std::vector<Segment>> groups_;
};

}  // namespace

Value sum_of_squares(Value region, const std::vector<std::vector<Segment>>& groups) {
  return region.graph().record_one(std::make_shared<SumOfSquares>(groups), std::array{region});
}

}  // namespace fpanet
