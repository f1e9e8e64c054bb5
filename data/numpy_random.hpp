#pragma once
// numpy.random.RandomState as far as the notebook's split needs it (numpy 1.24: mt19937.c,
// distributions.c, mtrand.pyx).

#include <cstdint>
#include <random>
#include <span>

#include "engine/core/shape.hpp"

namespace fpanet {

class NumpyRandom {
 public:
  /// init_genrand(seed), which std::mt19937 is too.
  explicit NumpyRandom(std::uint32_t seed) : words_(seed) {}

  std::uint32_t next_u32() { return static_cast<std::uint32_t>(words_()); }
  /// random_interval: uniform in [0, max], by masking and rejecting; draws nothing for max 0.
  std::uint32_t interval(std::uint32_t max);
  /// Fisher-Yates from the end.
  void shuffle(std::span<Index> values);

 private:
  std::mt19937 words_;
};

}  // namespace fpanet
