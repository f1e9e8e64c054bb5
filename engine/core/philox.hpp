#pragma once
// Philox4x32-10, the block function of the random number generator (engine/core/rng.hpp).

#include <array>
#include <cstdint>

#include "engine/core/host_device.hpp"

namespace fpanet {

/// The 128-bit block for `key` and `counter`.
FPANET_HD inline std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 2> key,
                                                         std::array<std::uint32_t, 4> counter) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

}  // namespace fpanet
