#pragma once
// Runs a planned program: the same kernels in the same order as in eager mode, with every tensor
// bound in advance. run() allocates no tensors and checks no shapes.
//
// On a GPU, run() enqueues its work and returns. The first run enqueues kernel by kernel, because
// libraries may still load code. The second run is captured as a CUDA graph, which that run and all
// later ones launch (Cuda::graphs).

#include <memory>
#include <vector>

#include "engine/core/cuda_graph.hpp"
#include "engine/core/stream.hpp"
#include "engine/graph/plan.hpp"

namespace fpanet {

/// Memory that several executors use in turn (training and validation plans, full and last batch).
class Arena {
 public:
  explicit Arena(Device device) : device_(device) {}
  /// Grows the arena to at least these sizes. Existing executors keep the older, smaller block
  /// alive, so reserve for all plans before creating executors.
  void reserve(std::size_t arena_bytes, std::size_t workspace_bytes);
  void reserve(const Plan& plan) { reserve(plan.arena_bytes(), plan.workspace_bytes()); }

  const std::shared_ptr<Storage>& values() const { return values_; }
  const std::shared_ptr<Storage>& workspace() const { return workspace_; }
  std::size_t bytes() const;

 private:
  Device device_;
  std::shared_ptr<Storage> values_;
  std::shared_ptr<Storage> workspace_;
};

class Executor {
 public:
  /// Binds the program's values to memory in `arena`, which is grown if it is too small. `graph`
  /// must outlive the executor.
  Executor(const Graph& graph, const Plan& plan, Arena& arena);

  /// The memory of an input (to be written before run()), a kept value (to be read after run()) or
  /// a value with bound memory.
  const Tensor& tensor(Value value) const;
  void run() const;
  /// Runs the program and adds each node's time in seconds to `seconds` (one element per node):
  /// wall time on the CPU, device time on a GPU. Blocks until the run is done.
  void run_timed(std::vector<double>& seconds) const;
  /// Number of nodes of the CUDA graph that run() launches; 0 if it launches none.
  std::size_t graph_nodes() const {
    return on_gpu_->replay == nullptr ? 0 : on_gpu_->replay->nodes();
  }

 private:
  struct Step {
    const Op* op;
    std::vector<Tensor> inputs;
    std::vector<Tensor> outputs;
    std::vector<Write> writes;
  };

  /// State that is kept between runs on a GPU.
  struct OnGpu {
    bool warm = false;                        // the program has run once
    std::unique_ptr<CudaGraph> replay;        // all steps
    std::vector<Event> events;                // one before each step and one after the last
    std::unique_ptr<CudaGraph> timed_replay;  // all steps and events
  };

  void run_step(const Step& step) const;
  void run_timed_on_gpu(const Cuda& cuda, std::vector<double>& seconds) const;

  const Graph& graph_;
  std::vector<Tensor> tensors_;  // by value id; undefined if the value has no memory
  std::vector<Step> steps_;
  std::shared_ptr<Storage> workspace_;
  std::unique_ptr<OnGpu> on_gpu_ = std::make_unique<OnGpu>();
};

}  // namespace fpanet
