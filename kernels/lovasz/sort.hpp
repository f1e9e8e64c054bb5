#pragma once
// The sorting of lovasz.hpp on a GPU: CUB's radix sort (sort.cu), which the emulated GPU of the tests
// replaces (tests/support/emulated_sort.cpp).

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels {

/// Arrays of `count` elements; none overlap.
struct SortedPairs {
  const float* keys;
  float* sorted_keys;
  const std::uint32_t* values;
  std::uint32_t* sorted_values;
  Index count;
};

/// Sorts by key, from large to small, and the values along with them. Equal keys keep their order.
void sort_descending(const Cuda& cuda, const SortedPairs& pairs, std::span<std::byte> workspace);
std::size_t sort_descending_workspace_bytes(const Cuda& cuda, Index count);

}  // namespace fpanet::kernels
