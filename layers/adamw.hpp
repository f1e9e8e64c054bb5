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
  Value moment1;  ///< updated
  Value moment2;  ///< updated
  /// f64 (2): learning rate, step number (from 1). With an average (3): its weight as well.
  Value hyper;
  std::optional<Value> twins = std::nullopt;    ///< bf16: set to the new parameters, rounded
  std::optional<Value> average = std::nullopt;  ///< updated: moves towards the new parameters
  /// f64 (1): sum of the squares of all gradients, which options.max_norm limits.
  std::optional<Value> squared_norm = std::nullopt;
};

/// Records one AdamW step over `segments` of the regions. Elements outside them do not change.
void adamw(const AdamWRegions& regions, std::span<const Segment> segments,
           const kernels::AdamWOptions& options);

}  // namespace fpanet
