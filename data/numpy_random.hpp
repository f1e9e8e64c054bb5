#pragma once
// The part of numpy.random.RandomState that the notebook's split needs (numpy 1.24: mt19937.c,
// distributions.c, mtrand.pyx).

#include <cstdint>
#include <random>
#include <span>

#include "engine/core/shape.hpp"

namespace fpanet {

class NumpyRandom {
 public:
  /// init_genrand(seed), which is also the seeding of std::mt19937.
  explicit NumpyRandom(std::uint32_t seed) : words_(seed) {}

  std::uint32_t next_u32() { return static_cast<std::uint32_t>(words_()); }
  /// random_interval: uniform in [0, max], by masking and rejection; draws nothing if max is 0.
  std::uint32_t interval(std::uint32_t max);
  /// Fisher-Yates from the end.
  void shuffle(std::span<Index> values);

 private:
  std::mt19937 words_;
};

}  // namespace fpanet
