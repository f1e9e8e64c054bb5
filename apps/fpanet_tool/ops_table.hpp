#pragma once
// `bench --ops`: where a program's time goes, node by node.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/fpanet_tool/machine_peak.hpp"
#include "models/program.hpp"

namespace fpanet {

/// A node, its mean time a run, and its work.
struct OpRow {
  std::string phase, op, implementation, label, output;
  double seconds = 0;
  double flops = 0;     ///< by the definition
  double executed = 0;  ///< as the implementation computes: Winograd multiplies less
  double bytes = 0;     ///< every input read once, every output written once
};

/// `seconds`: of every node, summed over `repeat` runs.
std::vector<OpRow> op_rows(const Program& program, const std::vector<double>& seconds,
                           std::int64_t repeat);

/// One line a node, then one an op kind, then the machine's peak. The share of the peak is the
/// larger of a row's share in arithmetic (executed) and in memory traffic.
void print_ops(const std::vector<OpRow>& rows, const MachinePeak& peak);

/// On a GPU: a whole run as it usually goes, beside the sum of its nodes, each of which begins where the
/// node before it ended. The shortest node is a launch and next to nothing else, so that bounds what gaps
/// between kernels cost.
void print_launches(const std::vector<OpRow>& rows, double run_seconds);

nlohmann::ordered_json ops_json(const std::vector<OpRow>& rows);

}  // namespace fpanet
