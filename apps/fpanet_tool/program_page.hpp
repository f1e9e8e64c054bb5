#pragma once

#include <string>
#include <vector>

#include "apps/fpanet_tool/program_steps.hpp"

namespace fpanet {

/// What the listing's signs mean, for a terminal.
std::string listing_legend();

/// A page without outside parts: the steps as a graph, from top to bottom, and the arena over time.
/// `facts` are sentences.
std::string program_page(const std::string& title, const std::vector<std::string>& facts,
                         const std::vector<ProgramStep>& steps, const Graph& graph,
                         const Plan& plan);

}  // namespace fpanet
