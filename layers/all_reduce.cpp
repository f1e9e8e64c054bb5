#include "layers/all_reduce.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/stream.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/cast.hpp"
#include "kernels/rank_sums.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

/// Throws unless `spec` has numbers that ranks can sum.
void check_summable(std::string_view op, std::string_view what, const Spec& spec) {
  require(spec.dtype == DType::f32 || spec.dtype == DType::f64,
          "{}: {} is {} {}; expected f32 or f64", op, what, name_of(spec.dtype), spec.shape);
}

/// Calls f(device, Type<T>{}) with T = float or double, for an op whose infer() has refused others.
template <class F>
void dispatch_sums(const Context& context, DType dtype, const F& f) {
  std::visit(
      [&](const auto& device) {
        if (dtype == DType::f64) return f(device, Type<double>{});
        f(device, Type<float>{});
      },
      context);
}

GpuRanks& gpus_of(std::string_view op, const Communicator& ranks) {
  require(ranks.gpus() != nullptr, "{}: the GPUs of {} ranks are not connected", op, ranks.size());
  return *ranks.gpus();
}

/// The values of all ranks one after the other, in `workspace`; of one rank alone, its own.
template <class T>
const T* gathered(std::string_view op, const Communicator& ranks, const Tensor& mine,
                  std::span<std::byte> workspace) {
  if (ranks.size() == 1) return mine.data<T>();
  gpus_of(op, ranks).compute().all_gather(mine.raw(), mine.bytes(), workspace.data());
  return reinterpret_cast<const T*>(workspace.data());
}

std::size_t gathered_bytes(const Spec& spec, const Communicator& ranks) {
  return spec.bytes() * static_cast<std::size_t>(ranks.size());
}

/// The gradient of a rank's values is that of their sum, because every rank computes the same loss.
class AllReduceBackward final : public Op {  // dy -> dx
 public:
  std::string_view name() const override { return "all_reduce_backward"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override {
    dispatch_sums(args.context, args.out().dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::sum_ranks<T>(device, args.in(0).data<T>(), 1, 0, args.out().span<T>(), args.write());
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
  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return std::holds_alternative<Cuda>(context) ? gathered_bytes(in[0], ranks_) : 0;
  }
  void run(const RunArgs& args) const override {
    dispatch_sums(args.context, args.out().dtype(),
                  [&]<class T>(const auto& device, Type<T>) { sum<T>(device, args); });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<AllReduceBackward>(), {rule.gradient()}, {0});
  }

 private:
  template <class T>
  void sum(const Cpu&, const RunArgs& args) const {
    const std::span<const T> x = args.in(0).span<T>();
    const std::span<T> y = args.out().span<T>();
    if (x.data() != y.data()) std::ranges::copy(x, y.begin());
    ranks_.all_reduce(y);
    if (result_ == AllReduceResult::zeros) std::ranges::fill(y, T{0});
  }
  template <class T>
  void sum(const Cuda& cuda, const RunArgs& args) const {
    const Tensor& x = args.in(0);
    const T* const all = gathered<T>(name(), ranks_, x, args.workspace);
    const Index summed = result_ == AllReduceResult::zeros ? 0 : ranks_.size();
    kernels::sum_ranks<T>(cuda, all, summed, x.numel(), args.out().span<T>(), Write::assign);
  }

  Communicator& ranks_;
  AllReduceResult result_;
};

class AllReduceStatistics final : public Op {  // statistics, shares -> those of all ranks
 public:
  explicit AllReduceStatistics(Communicator& ranks) : ranks_(ranks) {}

  std::string_view name() const override { return "all_reduce_statistics"; }
  std::string parameters() const override { return fmt::format("ranks={}", ranks_.size()); }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "statistics", in[0], DType::f64);
    require(in[0].shape.rank() == 2 && in[0].shape[0] == 2,
            "{}: statistics={} are not means and variances (2,C)", name(), in[0].shape);
    require(in[1].shape.numel() == ranks_.size(), "{}: {} shares for {} ranks", name(),
            in[1].shape.numel(), ranks_.size());
    return {in[0]};
  }
  std::size_t workspace_bytes(const Context&, std::span<const Spec> in) const override {
    return gathered_bytes(in[0], ranks_);
  }
  void run(const RunArgs& args) const override {
    std::visit([&](const auto& device) { combine(device, args); }, args.context);
  }
  bool differentiable() const override { return false; }

 private:
  void combine(const Cpu& cpu, const RunArgs& args) const {
    const std::span<std::byte> all =
        args.workspace.first(args.in(0).bytes() * static_cast<std::size_t>(ranks_.size()));
    ranks_.all_gather(std::as_bytes(args.in(0).span<double>()), all);
    combine(cpu, reinterpret_cast<const double*>(all.data()), args);
  }
  void combine(const Cuda& cuda, const RunArgs& args) const {
    combine(cuda, gathered<double>(name(), ranks_, args.in(0), args.workspace), args);
  }
  template <class OnDevice>
  void combine(const OnDevice& device, const double* all, const RunArgs& args) const {
    kernels::rank_statistics(device, all, args.in(1).span<double>(), args.in(0).shape()[1],
                             args.out().data<double>());
  }

  Communicator& ranks_;
};

/// region -> on a GPU, the memory that the sums need. Updates the region, until AllReduceFinish.
class AllReduceSegments final : public Op {
 public:
  AllReduceSegments(std::span<const Segment> segments, Communicator& ranks, GradientSum how,
                    bool on_gpu)
      : segments_(segments.begin(), segments.end()), ranks_(ranks), how_(how), on_gpu_(on_gpu) {}

  std::string_view name() const override { return "all_reduce_segments"; }
  std::string parameters() const override {
    return fmt::format("ranks={} segments={} values={}{}", ranks_.size(), segments_.size(),
                       values(), on_gpu_ && how_ == GradientSum::bf16 ? " bf16" : "");
  }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check_summable(name(), "region", in[0]);
    check::segments(name(), segments_, "region", in[0]);
    if (!needs_memory()) return {};
    Index most = 0;
    for (const Segment& segment : segments_) most = std::max(most, memory_bytes(segment));
    return {{{most}, DType::u8}};
  }
  void run(const RunArgs& args) const override {
    std::visit([&](const auto& device) { begin(device, args); }, args.context);
  }
  bool updates(std::size_t) const override { return true; }
  bool differentiable() const override { return false; }
  Cost cost(std::span<const Spec> in, std::span<const Spec>) const override {
    return {
        .flops = 0,
        .bytes = 2.0 * static_cast<double>(values()) * static_cast<double>(size_of(in[0].dtype))};
  }

 private:
  Index values() const {
    Index count = 0;
    for (const Segment& segment : segments_) count += segment.count;
    return count;
  }
  bool needs_memory() const { return on_gpu_ && ranks_.size() > 1 && how_ != GradientSum::library; }
  /// This rank's part of the values of every rank; in bf16 the rounded values, too.
  Index memory_bytes(const Segment& segment) const {
    const Index received = rank_part(segment.count, 0, ranks_.size()).count * ranks_.size();
    const std::size_t bytes = how_ == GradientSum::bf16
                                  ? kernels::scratch_bytes<bfloat16>(segment.count) +
                                        kernels::scratch_bytes<bfloat16>(received)
                                  : kernels::scratch_bytes<float>(received);
    return static_cast<Index>(bytes + kernels::kScratchAlignment);
  }

  void begin(const Cpu&, const RunArgs& args) const {
    for (const Segment& segment : segments_) {
      ranks_.begin_sum(args.in(0).slice(segment.offset, segment.count));
    }
  }

  void begin(const Cuda& cuda, const RunArgs& args) const {
    const auto values_of = [&](const Segment& segment) {
      return args.in(0).slice(segment.offset, segment.count).span<float>();
    };
    if (ranks_.size() == 1) {
      for (const Segment& segment : segments_) {
        const std::span<float> values = values_of(segment);
        kernels::sum_ranks<float>(cuda, values.data(), 1, 0, values, Write::assign);
      }
      return;
    }
    GpuChannel& background = gpus_of(name(), ranks_).background();
    wait_for(background.context(), cuda);
    for (const Segment& segment : segments_) {
      const std::span<float> values = values_of(segment);
      if (how_ == GradientSum::library) {
        background.all_reduce(values);
        continue;
      }
      kernels::Scratch memory({args.out().raw(), args.out().bytes()});
      if (how_ == GradientSum::ordered) {
        sum_in_order(background, values, memory);
      } else {
        sum_rounded(background, values, memory);
      }
    }
  }

  /// Each rank adds up its part of the values.
  template <class T>
  void sum_in_order(GpuChannel& channel, std::span<T> values, kernels::Scratch& memory) const {
    const Index count = std::ssize(values);
    const RankPart mine = rank_part(count, ranks_.rank(), ranks_.size());
    T* const received = memory.take<T>(mine.count * ranks_.size());
    channel.exchange_parts(values.data(), count, sizeof(T), received);
    kernels::sum_ranks<T>(
        channel.context(), received, ranks_.size(), mine.count,
        values.subspan(static_cast<std::size_t>(mine.first), static_cast<std::size_t>(mine.count)),
        Write::assign);
    channel.gather_parts(values.data(), count, sizeof(T));
  }
  void sum_rounded(GpuChannel& channel, std::span<float> values, kernels::Scratch& memory) const {
    const std::span<bfloat16> rounded(memory.take<bfloat16>(std::ssize(values)), values.size());
    kernels::cast<float, bfloat16>(channel.context(), values, rounded, Write::assign);
    sum_in_order(channel, rounded, memory);
    kernels::cast<bfloat16, float>(channel.context(), rounded, values, Write::assign);
  }

  std::vector<Segment> segments_;
  Communicator& ranks_;
  GradientSum how_;
  bool on_gpu_;
};

class AllReduceFinish final : public Op {  // region, used memory ->; updates the region
 public:
  explicit AllReduceFinish(Communicator& ranks) : ranks_(ranks) {}

  std::string_view name() const override { return "all_reduce_finish"; }
  std::string parameters() const override { return fmt::format("ranks={}", ranks_.size()); }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check_summable(name(), "region", in[0]);
    return {};
  }
  void run(const RunArgs& args) const override {
    if (const Cuda* const cuda = std::get_if<Cuda>(&args.context)) {
      wait_for(*cuda, ranks_.size() == 1 ? *cuda : gpus_of(name(), ranks_).background().context());
      return;
    }
    ranks_.finish_sums();
  }
  bool updates(std::size_t input) const override { return input == 0; }
  bool differentiable() const override { return false; }
  Cost cost(std::span<const Spec>, std::span<const Spec>) const override { return {}; }

 private:
  Communicator& ranks_;
};

}  // namespace

Value all_reduce(Value x, Communicator& ranks, AllReduceResult result) {
  return x.graph().record_one(std::make_shared<AllReduce>(ranks, result), std::array{x});
}

Value all_reduce_statistics(Value statistics, const std::vector<double>& shares,
                            Communicator& ranks) {
  Graph& graph = statistics.graph();
  const Tensor on_cpu = Tensor::empty({std::ssize(shares)}, DType::f64);
  std::ranges::copy(shares, on_cpu.span<double>().begin());
  const Value of_ranks = graph.constant("shares of the ranks", on_cpu.to(graph.device()));
  return graph.record_one(std::make_shared<AllReduceStatistics>(ranks),
                          std::array{statistics, of_ranks});
}

std::optional<Value> all_reduce_segments(Value region, std::span<const Segment> segments,
                                         Communicator& ranks, GradientSum how) {
  const bool on_gpu = std::holds_alternative<Cuda>(region.graph().context());
  const std::vector<Value> used = region.graph().record(
      std::make_shared<AllReduceSegments>(segments, ranks, how, on_gpu), std::array{region});
  return used.empty() ? std::nullopt : std::optional(used[0]);
}

void finish_all_reduce(Value region, std::span<const Value> used, Communicator& ranks) {
  std::vector<Value> inputs = {region};
  inputs.insert(inputs.end(), used.begin(), used.end());
  region.graph().record(std::make_shared<AllReduceFinish>(ranks), inputs);
}

}  // namespace fpanet
