#pragma once
// Sums over rows for every column of a row-major matrix (statistics and gradients per channel). The
// sums are accurate and vectorised over columns, and their order depends only on the shape.

#include <algorithm>
#include <array>

#include "engine/core/parallel.hpp"

namespace fpanet::kernels {

/// Rows that are summed in T before the partial sum is added to a double: the error of the float
/// sums stays near 1e-7 relative, and the conversion costs next to nothing.
inline constexpr Index kGroupRows = 16;

/// Rows of the chunk that one task sums: about 64 KiB of float, and a multiple of kGroupRows.
constexpr Index column_chunk_rows(Index columns) {
  return std::max<Index>(kGroupRows, kElementwiseChunk / columns / kGroupRows * kGroupRows);
}
constexpr Index column_chunks(Index rows, Index columns) {
  return divide_up(rows, column_chunk_rows(columns));
}

/// sums[k][c] = sum over rows [begin, end) of term k of `terms(row, c)`, which is an array<T,K>.
template <class T, std::size_t K, class F>
void column_sums(Index begin, Index end, Index columns, const F& terms,
                 const std::array<double*, K>& sums) {
  constexpr Index kLanes = 16;  // columns summed together, in vector registers
  const auto block = [&](Index first, auto lanes) {
    double total[K][kLanes] = {};
    for (Index group = begin; group < end; group += kGroupRows) {
      const Index group_end = std::min(end, group + kGroupRows);
      T partial[K][kLanes] = {};
      for (Index row = group; row < group_end; ++row) {
        for (Index lane = 0; lane < lanes; ++lane) {
          const std::array<T, K> term = terms(row, first + lane);
          for (std::size_t k = 0; k < K; ++k) partial[k][lane] += term[k];
        }
      }
      for (std::size_t k = 0; k < K; ++k) {
        for (Index lane = 0; lane < lanes; ++lane) {
          total[k][lane] += static_cast<double>(partial[k][lane]);
        }
      }
    }
    for (std::size_t k = 0; k < K; ++k) std::copy_n(total[k], Index{lanes}, sums[k] + first);
  };
  Index column = 0;
  for (; column + kLanes <= columns; column += kLanes) {
    block(column, std::integral_constant<Index, kLanes>{});
  }
  if (column < columns) block(column, columns - column);
}

}  // namespace fpanet::kernels
