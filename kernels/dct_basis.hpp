#pragma once
// Cosines of the DCT-II, exact to the last bits for any size: cos(pi k (2n + 1) / (2N)).

#include <cmath>
#include <numbers>

#include "engine/core/index.hpp"

namespace fpanet::kernels {

/// The angle is reduced in integers first, where pi k (2n + 1) / (2N) in floating point would lose
/// digits for large k.
inline double dct_cosine(Index k, Index n, Index size) {
  const Index turns = k * (2 * n + 1) % (4 * size);
  return std::cos(std::numbers::pi * static_cast<double>(turns) / static_cast<double>(2 * size));
}

}  // namespace fpanet::kernels
