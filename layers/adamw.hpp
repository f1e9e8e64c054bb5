#pragma once

#include <optional>
#include <span>

#include "engine/graph/graph.hpp"
#include "engine/graph/parameters.hpp"
#include "kernels/adamw.hpp"

namespace fpanet {

/// Flat regions (elements) of identical layout, and the numbers that change from step to step.
struct AdamWRegions {
  Value parameters;  ///< updated
  Value gradients;
  Value moment1;                              ///< updated
  Value moment2;                              ///< updated
  Value hyper;                                ///< f64 (2): learning rate, step number (from 1)
  std::optional<Value> twins = std::nullopt;  ///< bf16: set to the new parameters, rounded
};

/// Records one AdamW step over `segments` of the regions. Elements outside them do not change.
void adamw(const AdamWRegions& regions, std::span<const Segment> segments,
           const kernels::AdamWOptions& options);

}  // namespace fpanet
