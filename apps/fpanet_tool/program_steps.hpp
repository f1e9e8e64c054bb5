#pragma once
// A recorded program as steps with the data that flows between them, for people: each node, or each
// layer as one step.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/plan.hpp"

namespace fpanet {

struct ProgramStep {
  std::size_t first_node = 0;
  std::size_t nodes = 1;
  Phase phase = Phase::forward;
  std::string ops = {};     ///< "conv2d", or "conv2d, batch_norm" of a layer
  std::string layer = {};   ///< node_label() of engine/graph/listing.hpp; may be empty
  std::string output = {};  ///< shape of the last output; empty if there is none
  std::size_t bytes = 0;    ///< of the outputs in the arena
  bool saved = false;       ///< backward reads an output
  std::optional<double> seconds = std::nullopt;
  /// Steps, by their position in the list, that wrote what this one reads or adds to.
  std::vector<std::size_t> from = {};
};

/// One step for each node. `seconds` holds the time of each, or is empty.
std::vector<ProgramStep> steps_of(const Graph& graph, const Plan& plan,
                                  const std::vector<double>& seconds);
/// Neighbours of one phase and layer become one step. Nodes without a layer join the step before them.
std::vector<ProgramStep> by_layer(const std::vector<ProgramStep>& steps);
/// The steps of one phase; what other phases wrote has no step any more.
std::vector<ProgramStep> in_phase(const std::vector<ProgramStep>& steps, Phase phase);

/// One line for each step.
std::string steps_table(const std::vector<ProgramStep>& steps);
/// The same as a graph in Graphviz's language DOT.
std::string steps_dot(const std::vector<ProgramStep>& steps, const std::string& title);

}  // namespace fpanet
