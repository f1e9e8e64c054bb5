#pragma once
// Memory, copies and events of a CUDA GPU as the rest of engine/core sees them: no CUDA header
// needed. A build without CUDA links cuda/stubs.cpp, where each of these throws.

#include <cstddef>

#include "engine/core/device.hpp"

namespace fpanet {

/// Null when the GPU is full.
void* cuda_allocate(std::size_t bytes, int index);
void cuda_free(void* pointer, int index) noexcept;
/// Page-locked host memory, which copies of a stream can reach; null when there is too little.
void* cuda_allocate_pinned(std::size_t bytes);
void cuda_free_pinned(void* pointer) noexcept;

/// Both block until done, after all work that the GPU's stream has.
void cuda_copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);
void cuda_zero(void* pointer, int index, std::size_t bytes);

/// Enqueues a copy and returns; host memory on either side must be pinned and stay.
void cuda_copy_async(const Cuda& cuda, CudaQueue queue, void* to, const void* from,
                     std::size_t bytes);
/// Blocks until the stream is empty.
void cuda_synchronize(const Cuda& cuda);

/// An event handle; made on the current GPU of `cuda`.
void* cuda_event_create(const Cuda& cuda, bool timed);
void cuda_event_destroy(void* event) noexcept;
void cuda_event_record(const Cuda& cuda, CudaQueue queue, void* event);
void cuda_event_wait(void* event);  ///< the host waits
void cuda_queue_wait(const Cuda& cuda, CudaQueue queue, void* event);
/// Seconds between two recorded and reached events that are timed.
double cuda_event_seconds(void* from, void* to);

}  // namespace fpanet
