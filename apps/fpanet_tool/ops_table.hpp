#pragma once
// The tables of `bench --ops`: the time of a program, node by node.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/fpanet_tool/machine_peak.hpp"
#include "models/program.hpp"

namespace fpanet {

/// A node, its mean time per run, and its work.
struct OpRow {
  std::string phase, op, implementation, label, output;
  double seconds = 0;
  double flops = 0;     ///< by the definition
  double executed = 0;  ///< by the implementation: fewer than `flops` for Winograd
  double bytes = 0;     ///< every input read once, every output written once
};

/// `seconds` holds the time of each node, summed over `repeat` runs.
std::vector<OpRow> op_rows(const Program& program, const std::vector<double>& seconds,
                           std::int64_t repeat);

/// Prints one line per node, then one per op and implementation, then the machine's peak. The share
/// of the peak is the larger of the row's shares of the peak arithmetic (executed) and of the peak
/// memory bandwidth.
void print_ops(const std::vector<OpRow>& rows, const MachinePeak& peak);

/// For a GPU: prints the time of a whole run next to the sum of its nodes. The time of a node
/// begins at the end of the node before it, so it includes the gap between the two. The shortest
/// node is little more than a launch. Its time, multiplied by the number of nodes, is an upper
/// bound for the launches.
void print_launches(const std::vector<OpRow>& rows, double run_seconds);

nlohmann::ordered_json ops_json(const std::vector<OpRow>& rows);

}  // namespace fpanet
