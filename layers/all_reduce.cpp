#include "layers/all_reduce.hpp"

#include <algorithm>
#include <utility>

#include "layers/checks.hpp"
#include "layers/copy.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

/// Calls f(span of T) with T = float or double.
template <class F>
void on_cpu(std::string_view op, const Context& context, const Tensor& tensor, const F& f) {
  require(std::holds_alternative<Cpu>(context), "{}: runs on the CPU only", op);
  if (tensor.dtype() == DType::f64) return f(tensor.span<double>());
  require(tensor.dtype() == DType::f32, "{}: {} cannot be summed over ranks; use f32 or f64", op,
          name_of(tensor.dtype()));
  f(tensor.span<float>());
}

class AllReduce final : public Op {  // x -> sum over ranks
 public:
  explicit AllReduce(Communicator& ranks) : ranks_(ranks) {}

  std::string_view name() const override { return "all_reduce"; }
  std::string parameters() const override { return fmt::format("ranks={}", ranks_.size()); }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    return {in[0]};
  }
  void run(const RunArgs& args) const override {
    on_cpu(name(), args.context, args.out(), [&]<class T>(std::span<T> y) {
      const std::span<const T> x = args.in(0).span<T>();
      if (x.data() != y.data()) std::ranges::copy(x, y.begin());
      ranks_.all_reduce(y);
    });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Copy>(), {rule.gradient()}, {0});
  }

 private:
  Communicator& ranks_;
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
    on_cpu(name(), args.context, args.out(), [&]<class T>(std::span<T> whole) {
      const std::span<const T> mine = args.in(0).span<T>();
      ranks_.all_gather(std::as_bytes(mine),
                        args.workspace.first(mine.size_bytes() * shares_.size()));
      combine({reinterpret_cast<const T*>(args.workspace.data()), mine.size() * shares_.size()},
              whole);
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
  AllReduceSegments(std::span<const Segment> segments, double factor, Communicator& ranks)
      : segments_(segments.begin(), segments.end()), factor_(factor), ranks_(ranks) {}

  std::string_view name() const override { return "all_reduce_segments"; }
  std::string parameters() const override {
    return fmt::format("ranks={} factor={} segments={}", ranks_.size(), factor_, segments_.size());
  }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "region", in[0]);
    check::segments(name(), segments_, "region", in[0]);
    return {};
  }
  void run(const RunArgs& args) const override {
    on_cpu(name(), args.context, args.in(0), [&]<class T>(std::span<T> region) {
      for (const Segment& segment : segments_) {
        const auto part = region.subspan(static_cast<std::size_t>(segment.offset),
                                         static_cast<std::size_t>(segment.count));
        ranks_.all_reduce(part);
        if (factor_ == 1) continue;
        for (T& value : part) value *= static_cast<T>(factor_);
      }
    });
  }
  bool updates(std::size_t) const override { return true; }
  bool differentiable() const override { return false; }

 private:
  std::vector<Segment> segments_;
  double factor_;
  Communicator& ranks_;
};

}  // namespace

Value all_reduce(Value x, Communicator& ranks) {
  return x.graph().record_one(std::make_shared<AllReduce>(ranks), std::array{x});
}

Value all_reduce_statistics(Value statistics, std::vector<double> shares, Communicator& ranks) {
  return statistics.graph().record_one(
      std::make_shared<AllReduceStatistics>(std::move(shares), ranks), std::array{statistics});
}

void all_reduce_segments(Value region, std::span<const Segment> segments, double factor,
                         Communicator& ranks) {
  region.graph().record(std::make_shared<AllReduceSegments>(segments, factor, ranks),
                        std::array{region});
}

}  // namespace fpanet
