// Replaces the CUDA sources of engine/core in a build without CUDA: there is no GPU, and any
// attempt to use one throws.

#include "engine/core/cuda_device.hpp"
#include "engine/core/cuda_graph.hpp"
#include "engine/core/cuda_memory.hpp"
#include "engine/core/error.hpp"
#include "engine/core/profile_range.hpp"

namespace fpanet {

namespace {

constexpr const char* kNoCuda = "this build has no CUDA support (configure with -DFPANET_CUDA=ON)";

[[noreturn]] void no_cuda() {
  fail("cuda: {}; use --device cpu", kNoCuda);
}

}  // namespace

Cuda open_cuda(int, const CudaOptions&) {
  no_cuda();
}
std::size_t cuda_free_bytes(int) {
  no_cuda();
}
CudaSupport cuda_support() {
  CudaSupport support;
  support.problem = kNoCuda;
  return support;
}

void* cuda_allocate(std::size_t, int) {
  no_cuda();
}
void cuda_free(void*, int) noexcept {}
void* cuda_allocate_pinned(std::size_t) {
  no_cuda();
}
void cuda_free_pinned(void*) noexcept {}
void cuda_copy(void*, Device, const void*, Device, std::size_t) {
  no_cuda();
}
void cuda_zero(void*, int, std::size_t) {
  no_cuda();
}

void cuda_copy_async(const Cuda&, CudaQueue, void*, const void*, std::size_t) {
  no_cuda();
}
void cuda_synchronize(const Cuda&) {
  no_cuda();
}

void* cuda_event_create(const Cuda&, bool) {
  no_cuda();
}
void cuda_event_destroy(void*) noexcept {}
void cuda_event_record(const Cuda&, CudaQueue, void*) {
  no_cuda();
}
void cuda_event_wait(void*) {
  no_cuda();
}
void cuda_queue_wait(const Cuda&, CudaQueue, void*) {
  no_cuda();
}
void cuda_wait_for(const Cuda&, const Cuda&) {
  no_cuda();
}
double cuda_event_seconds(void*, void*) {
  no_cuda();
}

ProfileRange::ProfileRange(const Context&, const char*) : open_(false) {}
ProfileRange::~ProfileRange() {
  static_cast<void>(open_);  // only a build with CUDA needs it
}

struct CudaGraph::Executable {};
CudaGraph::CudaGraph(const Cuda&, const std::function<void()>&) {
  no_cuda();
}
CudaGraph::~CudaGraph() = default;
void CudaGraph::launch() const {
  no_cuda();
}
std::size_t CudaGraph::nodes() const {
  no_cuda();
}

}  // namespace fpanet
