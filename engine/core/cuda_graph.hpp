#pragma once
// Work recorded from a stream and launched as one: no kernel waits for the host to start it.

#include <functional>
#include <memory>

#include "engine/core/device.hpp"

namespace fpanet {

class CudaGraph {
 public:
  /// Calls `enqueue`, and keeps what it enqueues on the context's stream instead of running it.
  /// Throws Error when something in it cannot be captured (a blocking copy, an allocation).
  CudaGraph(const Cuda& cuda, const std::function<void()>& enqueue);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  /// Enqueues all of it on the stream it came from. The memory it works on must still be there.
  void launch() const;

 private:
  struct Executable;
  std::unique_ptr<Executable> executable_;
};

}  // namespace fpanet
