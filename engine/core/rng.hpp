#pragma once
// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC11). The i-th number of a stream is a function of (seed, stream, i). Results
// therefore do not depend on threads or on how much another stream was used, and resuming needs
// only the counter.

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/philox.hpp"

namespace fpanet {

/// FNV-1a 64. Turns a string ("model.encoder.conv1.weight") into a stream number.
std::uint64_t hash_name(std::string_view name);

class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  std::uint32_t next_u32();
  double uniform();  ///< [0,1) with 53 random bits
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();  ///< mean 0, variance 1 (Box-Muller, one value per call)
  /// Unbiased integer in [0, bound), bound >= 1.
  std::uint64_t below(std::uint64_t bound);

  std::uint64_t position() const { return position_; }  ///< 32-bit words drawn so far
  void seek(std::uint64_t position) { position_ = position; }

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
  std::uint64_t block_ = UINT64_MAX;  ///< number of the block of four words that is kept
  std::array<std::uint32_t, 4> words_{};
};

}  // namespace fpanet
