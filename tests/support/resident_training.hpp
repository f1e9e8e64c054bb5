#pragma once
// Training from scenes in the device's memory and from the loader's batches, for comparison.

#include <optional>
#include <vector>

#include "data/augment.hpp"
#include "data/pixel_format.hpp"
#include "models/network.hpp"

namespace fpanet::test {

struct TrainedSteps {
  std::vector<double> losses;
  Tensor parameters;  ///< on the CPU
};

/// One epoch of a narrow network on generated scenes: a batch and a smaller one. `told` is what
/// narrow_network() takes; `pixels` are those of the scenes, which are 64x32, or 64x64 for
/// Augment::strong, whose quarter turns they take.
TrainedSteps train_steps(const Context& context, std::optional<DType> twin, bool resident,
                         const NetworkConfig& told = {}, const PixelFormat& pixels = {},
                         Augment augment = Augment::notebook);

/// The same losses and parameters, to the bit.
bool same_bits(const TrainedSteps& a, const TrainedSteps& b);

}  // namespace fpanet::test
