#pragma once
// Labels in which some classes are replaced by the label that is not counted.
//
//   out = labels, or ignore_label where the label is one of `classes`
//
// labels and out are i32, of any shape. Not differentiable.

#include <array>
#include <cstdint>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/host_device.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels {

/// A set of classes below kMost, one bit each: an argument of a GPU's kernel.
struct ClassSet {
  static constexpr Index kMost = 256;
  std::array<std::uint64_t, kMost / 64> bits = {};

  void add(Index label) {
    bits[static_cast<std::size_t>(label / 64)] |= std::uint64_t{1} << (label % 64);
  }
  FPANET_HD bool contains(std::int32_t label) const {
    return label >= 0 && label < kMost && (bits[label / 64] >> (label % 64) & 1) != 0;
  }
};

void ignore_labels(const Cpu& cpu, std::span<const std::int32_t> labels, const ClassSet& classes,
                   std::int32_t ignore_label, std::span<std::int32_t> out);
void ignore_labels(const Cuda& cuda, std::span<const std::int32_t> labels, const ClassSet& classes,
                   std::int32_t ignore_label, std::span<std::int32_t> out);

}  // namespace fpanet::kernels
