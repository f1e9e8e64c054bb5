#pragma once
// Runs a planned program: the same kernels in the same order as eager mode, with every tensor bound
// beforehand. run() allocates nothing and checks no shape.
//
// On a GPU, run() enqueues and returns. The first run enqueues kernel by kernel, while libraries load
// what they need; the second is captured as a CUDA graph and launched, as are all after it
// (Cuda::graphs).

#include <memory>
#include <vector>

#include "engine/core/cuda_graph.hpp"
#include "engine/core/stream.hpp"
#include "engine/graph/plan.hpp"

namespace fpanet {

/// Memory that several executors take turns in (training and validation plans, full and last
/// batch).
class Arena {
 public:
  explicit Arena(Device device) : device_(device) {}
  /// Grows to at least this much. Executors made before keep the older, smaller block alive, so
  /// reserve for all plans first.
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
  /// Binds the program's values into `arena`, which is grown when too small. `graph` must outlive
  /// the executor.
  Executor(const Graph& graph, const Plan& plan, Arena& arena);

  /// Memory of an input (write it before run()), a kept value (read it after) or bound memory.
  const Tensor& tensor(Value value) const;
  void run() const;
  /// Same, adding each node's time in seconds to `seconds` (one slot per node): wall time on the CPU,
  /// the GPU's own on a GPU. Blocks until the run is done.
  void run_timed(std::vector<double>& seconds) const;

 private:
  struct Step {
    const Op* op;
    std::vector<Tensor> inputs;
    std::vector<Tensor> outputs;
    std::vector<Write> writes;
  };

  /// What a GPU keeps from run to run.
  struct OnCard {
    bool warm = false;                        // has run once
    std::unique_ptr<CudaGraph> replay;        // all steps
    std::vector<Event> marks;                 // before each step and behind the last
    std::unique_ptr<CudaGraph> timed_replay;  // all steps and marks
  };

  void run_step(const Step& step) const;
  void run_timed_on_gpu(const Cuda& cuda, std::vector<double>& seconds) const;

  const Graph& graph_;
  std::vector<Tensor> tensors_;  // by value id; undefined where a value has no memory
  std::vector<Step> steps_;
  std::shared_ptr<Storage> workspace_;
  std::unique_ptr<OnCard> on_card_ = std::make_unique<OnCard>();
};

}  // namespace fpanet
