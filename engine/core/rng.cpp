#include "engine/core/rng.hpp"

#include <cmath>
#include <numbers>

namespace fpanet {

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return hash;
}

std::uint32_t Rng::next_u32() {
  const std::uint64_t block = position_ / 4;
  if (block != block_) {
    words_ = philox4x32(
        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)},
        {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
         static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)});
    block_ = block;
  }
  return words_[position_++ % 4];
}

double Rng::uniform() {
  const std::uint64_t high = next_u32() >> 5;  // 27 bits
  const std::uint64_t low = next_u32() >> 6;   // 26 bits
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::uint64_t Rng::below(std::uint64_t bound) {
  // Values above the largest multiple of `bound` are rejected, so that every result is equally
  // likely.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = 0;
  do {
    const std::uint64_t high = next_u32();
    value = (high << 32) | next_u32();
  } while (value >= limit);
  return value % bound;
}

}  // namespace fpanet
