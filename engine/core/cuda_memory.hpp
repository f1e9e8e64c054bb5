#pragma once
// Memory of a CUDA card as the rest of engine/core sees it: no CUDA header needed.
// A build without CUDA links cuda_stubs.cpp, where each of these throws.

#include <cstddef>

#include "engine/core/device.hpp"

namespace fpanet {

void* cuda_allocate(std::size_t bytes, int index);
void cuda_free(void* pointer, int index) noexcept;
void cuda_copy(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);
void cuda_zero(void* pointer, int index, std::size_t bytes);

}  // namespace fpanet
