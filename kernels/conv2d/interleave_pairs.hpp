#pragma once

#include "engine/core/bfloat16.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels {

/// Writes the pairs (first[i], second[i]) consecutively, or (first[i], 0) if second is null.
inline void interleave_pairs(const bfloat16* first, const bfloat16* second, Index count,
                             bfloat16* pairs) {
  if (second == nullptr) {
    for (Index i = 0; i < count; ++i) {
      pairs[2 * i] = first[i];
      pairs[2 * i + 1] = bfloat16(0);
    }
    return;
  }
#pragma omp simd
  for (Index i = 0; i < count; ++i) {
    pairs[2 * i] = first[i];
    pairs[2 * i + 1] = second[i];
  }
}

}  // namespace fpanet::kernels
