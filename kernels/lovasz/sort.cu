#include "kernels/lovasz/sort.hpp"

#include <cub/device/device_radix_sort.cuh>

#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

void sort_pairs(void* workspace, std::size_t& bytes, const SortedPairs& pairs, const Cuda& cuda) {
  constexpr int kBits = 8 * sizeof(float);
  check_status("lovasz", cub::DeviceRadixSort::SortPairsDescending(
                             workspace, bytes, pairs.keys, pairs.sorted_keys, pairs.values,
                             pairs.sorted_values, pairs.count, 0, kBits, stream_of(cuda)));
}

}  // namespace

std::size_t sort_descending_workspace_bytes(const Cuda& cuda, Index count) {
  std::size_t bytes = 0;
  sort_pairs(nullptr, bytes, {nullptr, nullptr, nullptr, nullptr, count}, cuda);
  return bytes;
}

void sort_descending(const Cuda& cuda, const SortedPairs& pairs, std::span<std::byte> workspace) {
  std::size_t bytes = workspace.size();
  sort_pairs(workspace.data(), bytes, pairs, cuda);
  check_launch("lovasz");
}

}  // namespace fpanet::kernels
