#pragma once

#include "engine/core/philox.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// The mask of dropout.hpp for four elements at a time, and the scale of the kept elements.
struct DropoutMask {
  std::array<std::uint32_t, 2> key;
  std::uint32_t step_low, step_high, stream;
  std::uint64_t threshold;  ///< 2^32 if p = 1, so that no element is kept

  FPANET_HD DropoutMask(const std::int64_t* rng, std::uint32_t stream_number, double p)
      : key{low(rng[0]), high(rng[0])},
        step_low(low(rng[1])),
        step_high(high(rng[1])),
        stream(stream_number),
        threshold(static_cast<std::uint64_t>(p * 0x1p32)) {}

  /// Random words of elements 4 * group to 4 * group + 3.
  FPANET_HD std::array<std::uint32_t, 4> words(std::int64_t group) const {
    return philox4x32(key, {static_cast<std::uint32_t>(group), step_low, step_high, stream});
  }
  FPANET_HD bool keeps(std::uint32_t word) const { return word >= threshold; }

  template <class R>
  static R scale(double p) {
    return p < 1 ? static_cast<R>(1 / (1 - p)) : R(0);
  }

 private:
  FPANET_HD static std::uint32_t low(std::int64_t word) { return static_cast<std::uint32_t>(word); }
  FPANET_HD static std::uint32_t high(std::int64_t word) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(word) >> 32);
  }
};

}  // namespace fpanet::kernels::body
