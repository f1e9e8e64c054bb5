// Stands for CUB's sort in tests of the Cuda half of lovasz.

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/lovasz/sort.hpp"

namespace fpanet::kernels {

std::size_t sort_descending_workspace_bytes(const Cuda&, Index) {
  return 0;
}

void sort_descending(const Cuda&, const SortedPairs& pairs, std::span<std::byte>) {
  std::vector<std::size_t> order(static_cast<std::size_t>(pairs.count));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::size_t i) { return pairs.keys[i]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    pairs.sorted_keys[i] = pairs.keys[order[i]];
    pairs.sorted_values[i] = pairs.values[order[i]];
  }
}

}  // namespace fpanet::kernels
