#include "engine/graph/executor.hpp"

#include <chrono>

#include "engine/core/error.hpp"
#include "engine/core/profile_range.hpp"

namespace fpanet {

void Arena::reserve(std::size_t arena_bytes, std::size_t workspace_bytes) {
  if (values_ == nullptr || values_->bytes() < arena_bytes) {
    values_.reset();  // free the old block before allocating the new one
    values_ = Storage::allocate(arena_bytes, device_);
  }
  if (workspace_ == nullptr || workspace_->bytes() < workspace_bytes) {
    workspace_.reset();
    workspace_ = Storage::allocate(workspace_bytes, device_);
  }
}

std::size_t Arena::bytes() const {
  return (values_ ? values_->bytes() : 0) + (workspace_ ? workspace_->bytes() : 0);
}

Executor::Executor(const Graph& graph, const Plan& plan, Arena& arena) : graph_(graph) {
  arena.reserve(plan);
  workspace_ = arena.workspace();
  tensors_.resize(graph.value_count());
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    const ValueInfo& info = graph.info(id);
    if (info.tensor.defined()) {
      tensors_[i] = info.tensor;
    } else if (const auto offset = plan.offset(id)) {
      tensors_[i] = Tensor(arena.values(), *offset, info.spec.shape, info.spec.dtype);
    }
  }
  for (const Node& node : graph.nodes()) {
    Step step{.op = node.op.get(), .inputs = {}, .outputs = {}, .writes = {}};
    for (const ValueId id : node.inputs) {
      step.inputs.push_back(tensors_[static_cast<std::size_t>(id)]);
    }
    for (const NodeOutput& output : node.outputs) {
      step.outputs.push_back(output.value < 0 ? Tensor()
                                              : tensors_[static_cast<std::size_t>(output.value)]);
      step.writes.push_back(output.write);
    }
    steps_.push_back(std::move(step));
  }
}

const Tensor& Executor::tensor(Value value) const {
  const Tensor& tensor = tensors_[static_cast<std::size_t>(value.id())];
  const ValueInfo& info = graph_.info(graph_.base(value.id()));
  const bool readable = info.tensor.defined() || info.kept || info.kind == ValueKind::input;
  require(tensor.defined() && readable,
          "executor: value {} ({} {}) is reused during the run; mark it with Graph::keep",
          value.id(), name_of(info.kind), info.spec.shape);
  return tensor;
}

void Executor::run_step(const Step& step) const {
  const ProfileRange range(graph_.context(), step.op->name().data());
  step.op->run({.context = graph_.context(),
                .inputs = step.inputs,
                .outputs = step.outputs,
                .writes = step.writes,
                .workspace = {workspace_->data(), workspace_->bytes()}});
}

void Executor::run() const {
  const auto enqueue = [this] {
    for (const Step& step : steps_) run_step(step);
  };
  const Cuda* const cuda = std::get_if<Cuda>(&graph_.context());
  OnGpu& gpu = *on_gpu_;
  if (cuda == nullptr || !cuda->graphs || !gpu.warm) {
    enqueue();
    gpu.warm = true;
    return;
  }
  if (gpu.replay == nullptr) gpu.replay = std::make_unique<CudaGraph>(*cuda, enqueue);
  gpu.replay->launch();
}

void Executor::run_timed(std::vector<double>& seconds) const {
  seconds.resize(steps_.size(), 0.0);
  if (const Cuda* const cuda = std::get_if<Cuda>(&graph_.context())) {
    run_timed_on_gpu(*cuda, seconds);
    return;
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    run_step(steps_[i]);
    seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
}

void Executor::run_timed_on_gpu(const Cuda& cuda, std::vector<double>& seconds) const {
  OnGpu& gpu = *on_gpu_;
  std::vector<Event>& events = gpu.events;
  while (events.size() <= steps_.size()) events.emplace_back(graph_.context(), true);
  const auto enqueue = [&] {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      events[i].record();
      run_step(steps_[i]);
    }
    events.back().record();
  };
  if (!cuda.graphs || !gpu.warm) {
    enqueue();
    gpu.warm = true;
  } else {
    // Replay a CUDA graph, so that the times do not include waiting for the host.
    if (gpu.timed_replay == nullptr) gpu.timed_replay = std::make_unique<CudaGraph>(cuda, enqueue);
    gpu.timed_replay->launch();
  }
  synchronize(graph_.context());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    seconds[i] += events[i + 1].seconds_since(events[i]);
  }
}

}  // namespace fpanet
