#pragma once
// Training from scenes in the device's memory and from the loader's batches, for comparison.

#include <optional>
#include <vector>

#include "data/pixel_format.hpp"
#include "models/network.hpp"

namespace fpanet::test {

struct TrainedSteps {
  std::vector<double> losses;
  Tensor parameters;  ///< on the CPU
};

/// One epoch of a narrow network on generated scenes: a batch and a smaller one. `told` is what
/// narrow_network() takes; `pixels` are those of the scenes.
TrainedSteps train_steps(const Context& context, std::optional<DType> twin, bool resident,
                         const NetworkConfig& told = {}, const PixelFormat& pixels = {});

/// The same losses and parameters, to the bit.
bool same_bits(const TrainedSteps& a, const TrainedSteps& b);

}  // namespace fpanet::test
