#pragma once
// Work captured from a stream and launched as one unit, so that the host does not have to launch
// each kernel.

#include <cstddef>
#include <functional>
#include <memory>

#include "engine/core/device.hpp"

namespace fpanet {

class CudaGraph {
 public:
  /// Calls `enqueue` and captures the work that it enqueues on the context's stream instead of
  /// running it. Throws Error if a call cannot be captured (a blocking copy, an allocation).
  CudaGraph(const Cuda& cuda, const std::function<void()>& enqueue);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  /// Enqueues the graph on the stream that it was captured from. The memory that the graph uses
  /// must still be allocated.
  void launch() const;
  /// Number of kernels, copies and events that it launches.
  std::size_t nodes() const;

 private:
  struct Executable;
  std::unique_ptr<Executable> executable_;
};

}  // namespace fpanet
