#pragma once
// Weights of classes in a loss.

#include <string_view>
#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// The weights in a weighted mean over classes: weights / their sum, or 1 / classes without weights.
/// Throws Error naming `op` for another number of weights, for one that is negative or no number,
/// and if all are 0.
std::vector<double> class_shares(std::string_view op, const std::vector<double>& weights,
                                 Index classes);

/// The weights, 1 each if there are none, as a constant f64 (classes) on the graph's device. Throws
/// Error as above.
Value class_weights_constant(Graph& graph, std::string_view op, const std::vector<double>& weights,
                             Index classes);

}  // namespace fpanet
