#include "kernels/cudnn/planner.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_graph.hpp"
#include "engine/core/cuda_handles.hpp"
#include "engine/core/cuda_libraries.hpp"
#include "engine/core/error.hpp"
#include "engine/core/log.hpp"
#include "engine/core/rng.hpp"
#include "kernels/cudnn/forward.hpp"

namespace fpanet::kernels {
namespace {

/// An engine is measured kMeasurements times over kRuns runs that follow each other on the GPU: one
/// run between two events on an idle stream would measure how fast the host launches it, if that
/// takes longer than the kernel.
constexpr int kRuns = 10;
constexpr int kMeasurements = 3;
/// Threads that build plans. With more, loading what they compile becomes the bottleneck.
constexpr std::size_t kMostThreads = 16;

/// A megabyte of numbers in (-2, -1] and [1, 2), as f32 or bf16, the same every time.
std::vector<std::uint32_t> random_numbers(DType dtype) {
  const bool bf16 = dtype == DType::bf16;
  const std::uint32_t sign_and_mantissa = bf16 ? 0x807f807fu : 0x807fffffu;
  const std::uint32_t exponent_of_one = bf16 ? 0x3f803f80u : 0x3f800000u;
  std::vector<std::uint32_t> words(std::size_t{1} << 18);
  Rng rng(words.size());
  for (std::uint32_t& word : words) word = (rng.next_u32() & sign_and_mantissa) | exponent_of_one;
  return words;
}

/// GPU memory for measuring engines. It is filled with numbers that differ: on zeros a GPU switches
/// fewer bits, and clocks higher, than on data.
class Buffer {
 public:
  Buffer(std::size_t bytes, std::span<const std::uint32_t> numbers, cudaStream_t stream) {
    if (bytes == 0) return;
    FPANET_CUDA_CHECK(cudaMalloc(&memory_, bytes));
    try {
      fill(bytes, std::as_bytes(numbers), stream);
    } catch (...) {
      cudaFree(memory_);
      throw;
    }
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cudaFree(memory_); }

  void* get() const { return memory_; }

 private:
  void fill(std::size_t bytes, std::span<const std::byte> numbers, cudaStream_t stream) {
    auto* const to = static_cast<std::byte*>(memory_);
    std::size_t filled = std::min(bytes, numbers.size());
    FPANET_CUDA_CHECK(cudaMemcpyAsync(to, numbers.data(), filled, cudaMemcpyHostToDevice, stream));
    while (filled < bytes) {
      const std::size_t more = std::min(filled, bytes - filled);
      FPANET_CUDA_CHECK(cudaMemcpyAsync(to + filled, to, more, cudaMemcpyDeviceToDevice, stream));
      filled += more;
    }
  }

  void* memory_ = nullptr;
};

class Event {
 public:
  Event() { FPANET_CUDA_CHECK(cudaEventCreate(&event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }

  void record(cudaStream_t stream) { FPANET_CUDA_CHECK(cudaEventRecord(event_, stream)); }
  /// Time since `start`, after waiting for this event.
  float milliseconds_since(const Event& start) {
    float milliseconds = 0;
    FPANET_CUDA_CHECK(cudaEventSynchronize(event_));
    FPANET_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start.event_, event_));
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// The tensors of one problem, for measuring its engines.
class Trial {
 public:
  Trial(const Cuda& cuda, const ConvolutionProblem& problem, std::size_t workspace_bytes)
      : cuda_(cuda),
        problem_(problem),
        numbers_(random_numbers(problem.dtype)),
        x_(buffer(bytes(problem.geometry.input_pixels() * problem.geometry.c_in))),
        w_(buffer(bytes(problem.geometry.weight_numel()))),
        y_(buffer(output_bytes())),
        residual_(buffer(problem.epilogue.residual ? output_bytes() : 0)),
        bias_(buffer(channel_bytes(sizeof(float)))),
        statistics_(buffer(channel_bytes(2 * sizeof(double)))),
        workspace_(buffer(workspace_bytes)),
        workspace_bytes_(workspace_bytes) {}

  /// Best time of a run in milliseconds, or nothing if the engine fails.
  std::optional<float> time(const ConvolutionPlan& plan, bool fused) {
    Event start, end;
    float best = 0;
    try {
      run(plan, fused);  // loads the kernels
      const CudaGraph runs(cuda_, [&] {
        for (int i = 0; i < kRuns; ++i) run(plan, fused);
      });
      for (int i = 0; i < kMeasurements; ++i) {
        runs.launch();  // the GPU is busy while the host enqueues the rest
        start.record(cuda_.handles->stream);
        runs.launch();
        end.record(cuda_.handles->stream);
        const float milliseconds = end.milliseconds_since(start) / kRuns;
        best = i == 0 ? milliseconds : std::min(best, milliseconds);
      }
    } catch (const Error&) {
      return std::nullopt;
    }
    return best;
  }

 private:
  Buffer buffer(std::size_t bytes) const { return Buffer{bytes, numbers_, cuda_.handles->stream}; }
  std::size_t bytes(Index elements) const {
    return static_cast<std::size_t>(elements) * size_of(problem_.dtype);
  }
  std::size_t output_bytes() const {
    return bytes(problem_.geometry.output_pixels() * problem_.geometry.c_out);
  }

  std::size_t channel_bytes(std::size_t each) const {
    return each * static_cast<std::size_t>(problem_.geometry.c_out);
  }

  void run(const ConvolutionPlan& plan, bool fused) {
    if (problem_.pass == Conv2dPass::forward) {
      return problem_.dtype == DType::bf16 ? run_as<bfloat16>(plan, fused)
                                           : run_as<float>(plan, fused);
    }
    const std::array<ConvolutionPlan::Binding, 3> bindings{
        {{kTensorX, x_.get()}, {kTensorW, w_.get()}, {kTensorY, y_.get()}}};
    plan.run(cuda_.handles->dnn, bindings, workspace_.get());
  }

  template <class T>
  void run_as(const ConvolutionPlan& plan, bool fused) {
    const Conv2dEpilogueParts& parts = problem_.epilogue;
    const Conv2dEpilogue<T> epilogue{
        parts.bias ? static_cast<const float*>(bias_.get()) : nullptr,
        static_cast<const T*>(residual_.get()), parts.relu,
        parts.statistics ? static_cast<double*>(statistics_.get()) : nullptr};
    run_forward<T>(cuda_, problem_.geometry, plan, fused, static_cast<const T*>(x_.get()),
                   static_cast<const T*>(w_.get()), epilogue, static_cast<T*>(y_.get()),
                   {static_cast<std::byte*>(workspace_.get()), workspace_bytes_});
  }

  const Cuda& cuda_;
  ConvolutionProblem problem_;
  std::vector<std::uint32_t> numbers_;
  Buffer x_, w_, y_, residual_, bias_, statistics_, workspace_;
  std::size_t workspace_bytes_;
};

std::string identity_of(const CudaHandles& handles) {
  cudaDeviceProp properties{};
  FPANET_CUDA_CHECK(cudaGetDeviceProperties(&properties, handles.index));
  return fmt::format("{}, cuDNN {}", properties.name, cudnn().cudnnGetVersion());
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

ConvolutionPlanner& ConvolutionPlanner::of(const Cuda& cuda) {
  CudaHandles& handles = *cuda.handles;
  if (handles.convolution_planner == nullptr) {
    const std::string identity = identity_of(handles);
    handles.convolution_planner =
        std::make_shared<ConvolutionPlanner>(handles, PlanFile(plan_file_path(identity), identity));
  }
  return *static_cast<ConvolutionPlanner*>(handles.convolution_planner.get());
}

class ConvolutionPlanner::Builders {
 public:
  Builders(int index, std::size_t count) : index_(index) {
    for (std::size_t i = 0; i < count; ++i) {
      cudnnHandle_t handle = nullptr;
      if (cudnn().cudnnCreate(&handle) != CUDNN_STATUS_SUCCESS) break;  // fewer threads
      handles_.push_back(handle);
      targets_.emplace_back(handle);
    }
  }
  Builders(const Builders&) = delete;
  Builders& operator=(const Builders&) = delete;
  ~Builders() {
    for (const cudnnHandle_t handle : handles_) cudnn().cudnnDestroy(handle);
  }

  std::size_t count() const { return targets_.size(); }
  std::vector<std::vector<PlanCandidate>> build(std::span<const ConvolutionProblem> problems,
                                                EngineDemands demands, std::size_t most) const {
    const std::size_t threads = std::min(problems.size(), targets_.size());
    return plan_candidates_of_all(problems, std::span(targets_).first(threads), demands, most,
                                  [this] { FPANET_CUDA_CHECK(cudaSetDevice(index_)); });
  }

 private:
  int index_;
  std::vector<cudnnHandle_t> handles_;
  std::vector<CudnnTarget> targets_;
};

ConvolutionPlanner::ConvolutionPlanner(const CudaHandles& handles, PlanFile file)
    : index_(handles.index),
      target_(handles.dnn),
      demands_{handles.deterministic, handles.allow_tf32},
      file_(std::move(file)) {}

ConvolutionPlanner::~ConvolutionPlanner() = default;

std::size_t ConvolutionPlanner::Hash::operator()(const ConvolutionProblem& p) const {
  const Conv2dGeometry& g = p.geometry;
  std::size_t hash = 0;
  for (const Index value : {g.n, g.c_in, g.h, g.w, g.c_out, g.kernel_h, g.kernel_w, g.stride,
                            g.padding, Index(p.pass), Index(p.dtype),
                            Index(p.epilogue.bias + 2 * p.epilogue.residual + 4 * p.epilogue.relu +
                                  8 * p.epilogue.statistics + 16 * p.accumulate)}) {
    hash = hash * 1000003 + static_cast<std::size_t>(value);
  }
  return hash;
}

void ConvolutionPlanner::announce(const ConvolutionProblem& problem) {
  if (planned_.contains(problem) || built_.contains(problem)) return;
  if (std::find(announced_.begin(), announced_.end(), problem) == announced_.end()) {
    announced_.push_back(problem);
  }
}

const PlannedConvolution& ConvolutionPlanner::find(const Cuda& cuda,
                                                   const ConvolutionProblem& problem) {
  if (const auto found = planned_.find(problem); found != planned_.end()) {
    // A problem is asked for again when its program, all planned by then, runs.
    file_.flush();
    finish_report();
    return found->second;
  }
  return planned_.emplace(problem, choose(cuda, problem)).first->second;
}

PlannedConvolution ConvolutionPlanner::choose(const Cuda& cuda, const ConvolutionProblem& problem) {
  std::optional<PlanCandidate> choice = from_file(problem);
  if (!choice && problem.accumulate) choice = from_assigning_pass(cuda, problem);
  if (!choice) choice = for_partial_batch(problem);
  if (!choice) choice = fastest(cuda, problem);
  std::string name = fmt::format("cudnn engine{}{}", choice->plan.choice().engine,
                                 choice->fused ? "" : ", epilogue apart");
  return {std::move(choice->plan), choice->fused, std::move(name)};
}

std::optional<PlanCandidate> ConvolutionPlanner::from_file(
    const ConvolutionProblem& problem) const {
  const PlanFile::Entry* const entry = file_.find(key(problem));
  if (entry == nullptr) return std::nullopt;
  if (!entry->compiled.empty()) {
    if (auto plan = ConvolutionPlan::load(target_, entry->choice, entry->compiled)) {
      return PlanCandidate{std::move(*plan), entry->fused};
    }
  }
  const ConvolutionProblem graph = entry->fused ? problem : without_epilogue(problem);
  if (auto plan = ConvolutionPlan::build(operation_graph(graph, target_), target_, entry->choice)) {
    return PlanCandidate{std::move(*plan), entry->fused};
  }
  return std::nullopt;
}

/// A plan for an accumulating pass, with the engine that was measured for the assigning pass.
std::optional<PlanCandidate> ConvolutionPlanner::from_assigning_pass(
    const Cuda& cuda, const ConvolutionProblem& problem) {
  ConvolutionProblem assigning = problem;
  assigning.accumulate = false;
  const EngineChoice choice = find(cuda, assigning).plan.choice();
  if (auto plan = ConvolutionPlan::build(operation_graph(problem, target_), target_, choice)) {
    return PlanCandidate{std::move(*plan), true};
  }
  return std::nullopt;
}

bool ConvolutionPlanner::is_partial_batch(const ConvolutionProblem& problem) const {
  return !demands_.deterministic &&
         std::any_of(planned_.begin(), planned_.end(),
                     [&](const auto& planned) { return is_part_of(problem, planned.first); });
}

std::optional<PlanCandidate> ConvolutionPlanner::for_partial_batch(
    const ConvolutionProblem& problem) const {
  if (!is_partial_batch(problem)) return std::nullopt;
  auto plans = plan_candidates(without_epilogue(problem), target_, demands_, 1);
  if (plans.empty()) return std::nullopt;
  return PlanCandidate{std::move(plans.front().plan), !problem.epilogue.any()};
}

/// Builds the plans of what was announced and will be measured.
void ConvolutionPlanner::build_announced() {
  std::vector<ConvolutionProblem> problems;
  for (const ConvolutionProblem& problem : announced_) {
    const bool chosen = planned_.contains(problem) || file_.find(key(problem)) != nullptr;
    if (!chosen && !is_partial_batch(problem)) problems.push_back(problem);
  }
  announced_.clear();
  const std::size_t processors = std::thread::hardware_concurrency();
  if (problems.size() < 2 || processors < 2) return;
  const Clock::time_point start = Clock::now();
  if (builders_ == nullptr) {
    builders_ = std::make_unique<Builders>(index_, std::min(processors, kMostThreads));
  }
  auto found = builders_->build(problems, demands_, most_candidates());
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (!found[i].empty()) built_.emplace(problems[i], std::move(found[i]));
  }
  report_.threads = std::min(builders_->count(), problems.size());
  report_.building += seconds_since(start);
}

PlanCandidate ConvolutionPlanner::fastest(const Cuda& cuda, const ConvolutionProblem& problem) {
  if (!announced_.empty()) build_announced();
  ++report_.problems;
  // If no plan of another thread's handle runs, those of the own handle are tried.
  if (const auto built = built_.extract(problem); !built.empty()) {
    if (auto best = fastest_of(cuda, problem, std::move(built.mapped()))) return std::move(*best);
  }
  const Clock::time_point start = Clock::now();
  auto tried = plan_candidates(problem, target_, demands_, most_candidates());
  report_.building += seconds_since(start);
  require(!tried.empty(), "conv2d: cuDNN {} has no engine for {}", cudnn().cudnnGetVersion(),
          key(problem));
  auto best = fastest_of(cuda, problem, std::move(tried));
  require(best.has_value(), "conv2d: every engine of cuDNN {} fails for {}",
          cudnn().cudnnGetVersion(), key(problem));
  return std::move(*best);
}

std::optional<PlanCandidate> ConvolutionPlanner::fastest_of(const Cuda& cuda,
                                                            const ConvolutionProblem& problem,
                                                            std::vector<PlanCandidate> tried) {
  const Clock::time_point start = Clock::now();
  std::size_t workspace_bytes = 0;
  for (const PlanCandidate& candidate : tried) {
    const std::size_t bytes =
        problem.pass == Conv2dPass::forward
            ? forward_workspace_bytes(cuda, problem, candidate.plan, candidate.fused)
            : candidate.plan.workspace_bytes();
    workspace_bytes = std::max(workspace_bytes, bytes);
  }
  Trial trial(cuda, problem, workspace_bytes);
  std::size_t best = tried.size();
  float best_time = 0;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const std::optional<float> time = trial.time(tried[i].plan, tried[i].fused);
    if (time && (best == tried.size() || *time < best_time)) {
      best = i;
      best_time = *time;
    }
  }
  report_.measuring += seconds_since(start);
  if (best == tried.size()) return std::nullopt;
  PlanCandidate& winner = tried[best];
  file_.add(key(problem), {winner.plan.choice(), winner.fused,
                           static_cast<double>(best_time) * 1000, winner.plan.compiled_text()});
  return std::move(winner);
}

/// Says what a wait of more than a second was for.
void ConvolutionPlanner::finish_report() {
  if (report_.problems == 0) return;
  if (report_.building + report_.measuring > 1) {
    write_log(
        fmt::format("conv2d: engines of cuDNN were chosen for {} convolutions: {:.1f} s for "
                    "plans, by {} threads, and {:.1f} s for measuring\n",
                    report_.problems, report_.building, report_.threads, report_.measuring));
  }
  report_ = {};
}

std::string ConvolutionPlanner::key(const ConvolutionProblem& problem) const {
  const bool tf32 = problem.dtype == DType::f32 && demands_.allow_tf32;
  return problem.str() + (tf32 ? " tf32" : "") + (demands_.deterministic ? " deterministic" : "");
}

}  // namespace fpanet::kernels
