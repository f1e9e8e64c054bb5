#include "layers/all_reduce.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

/// Throws unless `spec` has numbers that ranks can sum.
void check_summable(std::string_view op, std::string_view what, const Spec& spec) {
  require(spec.dtype == DType::f32 || spec.dtype == DType::f64,
          "{}: {} is {} {}; expected f32 or f64", op, what, name_of(spec.dtype), spec.shape);
}

/// Calls f(tensor's values), for an op whose infer() has refused bf16.
template <class T, class F>
void as_summable(const Tensor& tensor, const F& f) {
  if constexpr (!std::is_same_v<T, bfloat16>) f(tensor.span<T>());
}

/// The gradient of a rank's values is that of their sum, because every rank computes the same loss.
class AllReduceBackward final : public Op {  // dy -> dx
 public:
  std::string_view name() const override { return "all_reduce_backward"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.out().dtype(), [&]<class T>(const Cpu&, Type<T>) {
      as_summable<T>(args.out(), [&]<class R>(std::span<R> dx) {
        const std::span<const R> dy = args.in(0).span<R>();
        const bool adds = args.write() == Write::accumulate;
        for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = adds ? dx[i] + dy[i] : dy[i];
      });
    });
  }
  int in_place_input(std::size_t) const override { return 0; }
};

class AllReduce final : public Op {  // x -> sum over ranks
 public:
  AllReduce(Communicator& ranks, AllReduceResult result) : ranks_(ranks), result_(result) {}

  std::string_view name() const override { return "all_reduce"; }
  std::string parameters() const override {
    return fmt::format("ranks={}{}", ranks_.size(),
                       result_ == AllReduceResult::zeros ? " result=zeros" : "");
  }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check_summable(name(), "x", in[0]);
    return {in[0]};
  }
  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.out().dtype(), [&]<class T>(const Cpu&, Type<T>) {
      as_summable<T>(args.out(), [&]<class R>(std::span<R> y) {
        const std::span<const R> x = args.in(0).span<R>();
        if (x.data() != y.data()) std::ranges::copy(x, y.begin());
        ranks_.all_reduce(y);
        if (result_ == AllReduceResult::zeros) std::ranges::fill(y, R{0});
      });
    });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<AllReduceBackward>(), {rule.gradient()}, {0});
  }

 private:
  Communicator& ranks_;
  AllReduceResult result_;
};

class AllReduceStatistics final : public Op {  // statistics -> those of all ranks
 public:
  AllReduceStatistics(std::vector<double> shares, Communicator& ranks)
      : shares_(std::move(shares)), ranks_(ranks) {}

  std::string_view name() const override { return "all_reduce_statistics"; }
  std::string parameters() const override { return fmt::format("ranks={}", ranks_.size()); }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "statistics", in[0], DType::f64);
    require(in[0].shape.rank() == 2 && in[0].shape[0] == 2,
            "{}: statistics={} are not means and variances (2,C)", name(), in[0].shape);
    require(std::ssize(shares_) == ranks_.size(), "{}: {} shares for {} ranks", name(),
            shares_.size(), ranks_.size());
    return {in[0]};
  }
  std::size_t workspace_bytes(const Context&, std::span<const Spec> in) const override {
    return in[0].bytes() * shares_.size();
  }
  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.out().dtype(), [&]<class T>(const Cpu&, Type<T>) {
      as_summable<T>(args.out(), [&]<class R>(std::span<R> whole) {
        const std::span<const R> mine = args.in(0).span<R>();
        ranks_.all_gather(std::as_bytes(mine),
                          args.workspace.first(mine.size_bytes() * shares_.size()));
        combine({reinterpret_cast<const R*>(args.workspace.data()), mine.size() * shares_.size()},
                whole);
      });
    });
  }
  bool differentiable() const override { return false; }

 private:
  template <class T>
  void combine(std::span<const T> gathered, std::span<T> whole) const {
    const std::size_t channels = whole.size() / 2;
    const auto of = [&](std::size_t rank) { return gathered.data() + rank * whole.size(); };
    for (std::size_t c = 0; c < channels; ++c) {
      T mean = 0, variance = 0;
      for (std::size_t r = 0; r < shares_.size(); ++r)
        mean += static_cast<T>(shares_[r]) * of(r)[c];
      for (std::size_t r = 0; r < shares_.size(); ++r) {
        const T apart = of(r)[c] - mean;
        variance += static_cast<T>(shares_[r]) * (of(r)[channels + c] + apart * apart);
      }
      whole[c] = mean;
      whole[channels + c] = variance;
    }
  }

  std::vector<double> shares_;
  Communicator& ranks_;
};

class AllReduceSegments final : public Op {  // region ->; updates the region
 public:
  AllReduceSegments(std::span<const Segment> segments, Communicator& ranks)
      : segments_(segments.begin(), segments.end()), ranks_(ranks) {}

  std::string_view name() const override { return "all_reduce_segments"; }
  std::string parameters() const override {
    return fmt::format("ranks={} segments={}", ranks_.size(), segments_.size());
  }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check_summable(name(), "region", in[0]);
    check::segments(name(), segments_, "region", in[0]);
    return {};
  }
  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.in(0).dtype(), [&]<class T>(const Cpu&, Type<T>) {
      as_summable<T>(args.in(0), [&]<class R>(std::span<R> region) {
        for (const Segment& segment : segments_) {
          ranks_.all_reduce(region.subspan(static_cast<std::size_t>(segment.offset),
                                           static_cast<std::size_t>(segment.count)));
        }
      });
    });
  }
  bool updates(std::size_t) const override { return true; }
  bool differentiable() const override { return false; }

 private:
  std::vector<Segment> segments_;
  Communicator& ranks_;
};

}  // namespace

Value all_reduce(Value x, Communicator& ranks, AllReduceResult result) {
  return x.graph().record_one(std::make_shared<AllReduce>(ranks, result), std::array{x});
}

Value all_reduce_statistics(Value statistics, std::vector<double> shares, Communicator& ranks) {
  return statistics.graph().record_one(
      std::make_shared<AllReduceStatistics>(std::move(shares), ranks), std::array{statistics});
}

void all_reduce_segments(Value region, std::span<const Segment> segments, Communicator& ranks) {
  region.graph().record(std::make_shared<AllReduceSegments>(segments, ranks), std::array{region});
}

}  // namespace fpanet
