#pragma once

#include <optional>
#include <span>

#include "engine/graph/graph.hpp"
#include "engine/graph/parameters.hpp"
#include "kernels/adamw.hpp"

namespace fpanet {

/// Regions of one layout, (elements) each, and the numbers that change from step to step.
struct AdamWRegions {
  Value parameters;  ///< updated
  Value gradients;
  Value moment1;                              ///< updated
  Value moment2;                              ///< updated
  Value hyper;                                ///< f64 (2): learning rate, step (1 on the first)
  std::optional<Value> twins = std::nullopt;  ///< bf16: becomes the new parameters, rounded
};

/// Records one AdamW step over `segments` of the regions; elements outside stay as they are.
void adamw(const AdamWRegions& regions, std::span<const Segment> segments,
           const kernels::AdamWOptions& options);

}  // namespace fpanet
