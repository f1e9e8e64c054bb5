#pragma once
// A recorded program for people: one line a node, and where its memory lies.

#include <string>

#include "engine/graph/plan.hpp"

namespace fpanet {

/// What a node belongs to: the common prefix of the parameters it reads or whose gradients it
/// writes ("model.encoder.layer1.0.conv1"); empty if there are none.
std::string node_label(const Graph& graph, const Node& node);

/// True for a value made forward and read by a backward node: what the step keeps for backward.
bool is_saved(const Graph& graph, ValueId id);

/// The whole program: node, phase, op with its parameters and implementation, label, inputs,
/// outputs with shape, bytes, arena offset and lifetime, and what is saved for backward.
std::string list_program(const Graph& graph, const Plan& plan);

}  // namespace fpanet
