#pragma once
// A readable listing of a recorded program: its nodes, their values and where the values lie in
// memory.

#include <string>

#include "engine/graph/plan.hpp"

namespace fpanet {

/// The module that a node belongs to ("model.encoder.layer1.0.conv1"): the name of the first
/// parameter that it reads or whose gradient it writes, without the last part. Empty if there is
/// none.
std::string node_label(const Graph& graph, const Node& node);

/// True for an activation that a backward node reads, which the step must therefore keep.
bool is_saved(const Graph& graph, ValueId id);

/// The whole program: its inputs, then its nodes. For each node: index, phase, op with its
/// parameters and implementation, label, inputs, and outputs with shape, bytes, arena offset,
/// lifetime and whether they are saved for backward. A view names the value whose memory it has. With
/// `only`, the nodes of that phase.
std::string list_program(const Graph& graph, const Plan& plan,
                         std::optional<Phase> only = std::nullopt);

}  // namespace fpanet
