#include "engine/core/cuda_memory.hpp"

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"

namespace fpanet {
namespace {

/// Makes `index` the calling thread's current GPU for the lifetime of this object.
class CurrentDevice {
 public:
  explicit CurrentDevice(int index) {
    FPANET_CUDA_CHECK(cudaGetDevice(&before_));
    FPANET_CUDA_CHECK(cudaSetDevice(index));
  }
  ~CurrentDevice() { cudaSetDevice(before_); }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int before_ = 0;
};

cudaStream_t stream_of(const Cuda& cuda, CudaQueue queue) {
  return queue == CudaQueue::compute ? cuda.handles->stream : cuda.handles->copy_stream;
}

cudaEvent_t event_of(void* event) {
  return static_cast<cudaEvent_t>(event);
}

}  // namespace

void* cuda_allocate(std::size_t bytes, int index) {
  const CurrentDevice current(index);
  void* pointer = nullptr;
  const cudaError_t error = cudaMalloc(&pointer, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // the caller reports the error, so later checks must not see it again
    return nullptr;
  }
  FPANET_CUDA_CHECK(error);
  return pointer;
}

void cuda_free(void* pointer, int index) noexcept {
  int before = 0;
  // Errors are ignored: an earlier call has already thrown for them.
  cudaGetDevice(&before);
  cudaSetDevice(index);
  cudaFree(pointer);
  cudaSetDevice(before);
}

void* cuda_allocate_pinned(std::size_t bytes) {
  void* pointer = nullptr;
  const cudaError_t error = cudaMallocHost(&pointer, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  FPANET_CUDA_CHECK(error);
  return pointer;
}

void cuda_free_pinned(void* pointer) noexcept {
  cudaFreeHost(pointer);
}

void cuda_copy(void* to, Device to_device, const void* from, Device from_device,
               std::size_t bytes) {
  const CurrentDevice current(to_device.is_cpu() ? from_device.index : to_device.index);
  FPANET_CUDA_CHECK(cudaMemcpy(to, from, bytes, cudaMemcpyDefault));
}

void cuda_zero(void* pointer, int index, std::size_t bytes) {
  const CurrentDevice current(index);
  FPANET_CUDA_CHECK(cudaMemset(pointer, 0, bytes));
  // On the GPU's own memory cudaMemset only enqueues, and the copy stream would not wait for it.
  FPANET_CUDA_CHECK(cudaStreamSynchronize(cudaStreamLegacy));
}

void cuda_copy_async(const Cuda& cuda, CudaQueue queue, void* to, const void* from,
                     std::size_t bytes) {
  FPANET_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_of(cuda, queue)));
}

void cuda_synchronize(const Cuda& cuda) {
  FPANET_CUDA_CHECK(cudaStreamSynchronize(cuda.handles->stream));
}

void* cuda_event_create(const Cuda& cuda, bool timed) {
  const CurrentDevice current(cuda.index);
  cudaEvent_t event = nullptr;
  FPANET_CUDA_CHECK(
      cudaEventCreateWithFlags(&event, timed ? cudaEventDefault : cudaEventDisableTiming));
  return event;
}

void cuda_event_destroy(void* event) noexcept {
  cudaEventDestroy(event_of(event));
}

void cuda_event_record(const Cuda& cuda, CudaQueue queue, void* event) {
  const cudaStream_t stream = stream_of(cuda, queue);
  cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
  FPANET_CUDA_CHECK(cudaStreamIsCapturing(stream, &capturing));
  // During a capture the record must become a node of the graph, because the host reads the event.
  const unsigned flags =
      capturing == cudaStreamCaptureStatusNone ? cudaEventRecordDefault : cudaEventRecordExternal;
  FPANET_CUDA_CHECK(cudaEventRecordWithFlags(event_of(event), stream, flags));
}

void cuda_event_wait(void* event) {
  FPANET_CUDA_CHECK(cudaEventSynchronize(event_of(event)));
}

void cuda_queue_wait(const Cuda& cuda, CudaQueue queue, void* event) {
  FPANET_CUDA_CHECK(cudaStreamWaitEvent(stream_of(cuda, queue), event_of(event), 0));
}

void cuda_wait_for(const Cuda& waiting, const Cuda& other) {
  const CurrentDevice current(other.index);
  cudaEvent_t event = nullptr;
  FPANET_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  cudaError_t error = cudaEventRecord(event, other.handles->stream);
  if (error == cudaSuccess) error = cudaStreamWaitEvent(waiting.handles->stream, event, 0);
  cudaEventDestroy(event);  // CUDA keeps it until it is reached
  FPANET_CUDA_CHECK(error);
}

double cuda_event_seconds(void* from, void* to) {
  float milliseconds = 0;
  FPANET_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, event_of(from), event_of(to)));
  return static_cast<double>(milliseconds) / 1e3;
}

}  // namespace fpanet
