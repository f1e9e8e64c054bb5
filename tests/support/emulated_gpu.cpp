// Memory, events and graphs of the emulated GPUs (kernels/cuda/emulated.hpp): the memory is the host's, and
// what is enqueued is done when the call returns.

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "engine/core/cuda_graph.hpp"
#include "engine/core/cuda_memory.hpp"

namespace fpanet {

void* cuda_allocate(std::size_t bytes, int) {
  constexpr std::size_t kAlignment = 256;  // as cudaMalloc
  void* const memory =
      std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (memory != nullptr) std::memset(memory, 0xff, bytes);  // NaN: reading before writing shows
  return memory;
}

void cuda_free(void* pointer, int) noexcept {
  std::free(pointer);
}

void cuda_copy(void* to, Device, const void* from, Device, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}

void cuda_zero(void* pointer, int, std::size_t bytes) {
  std::memset(pointer, 0, bytes);
}

void* cuda_allocate_pinned(std::size_t bytes) {
  return cuda_allocate(bytes, 0);
}

void cuda_free_pinned(void* pointer) noexcept {
  std::free(pointer);
}

void cuda_copy_async(const Cuda&, CudaQueue, void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}

void cuda_synchronize(const Cuda&) {}

using Clock = std::chrono::steady_clock;

void* cuda_event_create(const Cuda&, bool) {
  return new Clock::time_point();
}

void cuda_event_destroy(void* event) noexcept {
  delete static_cast<Clock::time_point*>(event);
}

void cuda_event_record(const Cuda&, CudaQueue, void* event) {
  *static_cast<Clock::time_point*>(event) = Clock::now();
}

void cuda_event_wait(void*) {}

void cuda_queue_wait(const Cuda&, CudaQueue, void*) {}

void cuda_wait_for(const Cuda&, const Cuda&) {}

double cuda_event_seconds(void* from, void* to) {
  return std::chrono::duration<double>(*static_cast<Clock::time_point*>(to) -
                                       *static_cast<Clock::time_point*>(from))
      .count();
}

/// As on a GPU: making it runs nothing.
struct CudaGraph::Executable {
  std::function<void()> enqueue;
};

CudaGraph::CudaGraph(const Cuda&, const std::function<void()>& enqueue)
    : executable_(new Executable{enqueue}) {}

CudaGraph::~CudaGraph() = default;

void CudaGraph::launch() const {
  executable_->enqueue();
}

std::size_t CudaGraph::nodes() const {
  return 1;
}

}  // namespace fpanet
