#pragma once
// Memory, copies and events of a CUDA GPU for the rest of engine/core; no CUDA header is needed. A
// build without CUDA links engine/core/cuda_stubs.cpp, where these functions throw.

#include <cstddef>

#include "engine/core/device.hpp"

namespace fpanet {

/// Returns null if the GPU does not have enough free memory.
void* cuda_allocate(std::size_t bytes, int index);
void cuda_free(void* pointer, int index) noexcept;
/// Page-locked host memory, which asynchronous copies require; null if there is not enough.
void* cuda_allocate_pinned(std::size_t bytes);
void cuda_free_pinned(void* pointer) noexcept;

/// Both functions wait for the work already in the GPU's compute stream, and block until done.
void cuda_copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);
void cuda_zero(void* pointer, int index, std::size_t bytes);

/// Enqueues a copy and returns. Host memory on either side must be pinned and must stay allocated
/// until the copy is done.
void cuda_copy_async(const Cuda& cuda, CudaQueue queue, void* to, const void* from,
                     std::size_t bytes);
/// Blocks until all work in the compute stream is done.
void cuda_synchronize(const Cuda& cuda);

/// Creates an event on the GPU of `cuda` and returns its handle.
void* cuda_event_create(const Cuda& cuda, bool timed);
void cuda_event_destroy(void* event) noexcept;
void cuda_event_record(const Cuda& cuda, CudaQueue queue, void* event);
void cuda_event_wait(void* event);  ///< the host waits
/// Work enqueued on `queue` after this call waits for the event.
void cuda_queue_wait(const Cuda& cuda, CudaQueue queue, void* event);
/// Work enqueued on the compute stream of `waiting` after this call waits for what has been enqueued on
/// that of `other`. A CUDA graph that is being captured from one stream then contains the other's work.
void cuda_wait_for(const Cuda& waiting, const Cuda& other);
/// Seconds between two timed events, which must have been recorded and reached.
double cuda_event_seconds(void* from, void* to);

}  // namespace fpanet
