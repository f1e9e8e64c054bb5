#pragma once
// What every fuzz target does with a file: read all of it as a user's program would.

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/error.hpp"
#include "engine/weights/weights_file.hpp"

namespace fpanet {

/// Reads weights and training state; a refusal (Error) is a good answer, anything else a finding.
inline void read_all(std::span<const std::byte> file) {
  try {
    const WeightsFile weights = read_weights(Bytes::copy_of(file), "fuzz", ReadTraining::yes);
    for (const auto& [name, entry] : weights.tensors) entry.values<double>();
  } catch (const Error&) {
  }
}

/// The bytes of `data` behind `magic`, so that the fuzzer need not find a container's first bytes.
inline void read_all_behind(std::string_view magic, std::span<const std::byte> data) {
  const auto front = std::as_bytes(std::span(magic.data(), magic.size()));
  std::vector<std::byte> file(front.begin(), front.end());
  file.insert(file.end(), data.begin(), data.end());
  read_all(file);
}

}  // namespace fpanet
