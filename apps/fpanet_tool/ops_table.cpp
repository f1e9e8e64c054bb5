#include "apps/fpanet_tool/ops_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "engine/graph/listing.hpp"

namespace fpanet {
namespace {

/// The number of tiles of m x m pixels in all images. Partial tiles at the border count as whole.
double tiles(const Shape& image, Index m) {
  return static_cast<double>(image[0] * ((image[2] + m - 1) / m) * ((image[3] + m - 1) / m));
}

/// The flops of Winograd's F(m x m,3x3), which needs (m+2)^2 instead of 9 m^2 multiplications per
/// tile.
double winograd_flops(double direct, const Shape& image, Index m) {
  const double pixels = static_cast<double>(image[0] * image[2] * image[3]);
  return direct / 9 * static_cast<double>((m + 2) * (m + 2)) * tiles(image, m) / pixels;
}

/// The flops of the phases of conv2d_upsampled: 4 x 25 multiplications per tile of x in the
/// upsampled channels, and 4 x 36 in the channels of skip.
double phases_flops(const Node& node, const std::vector<Spec>& inputs) {
  const double skip = inputs.size() > 3 ? static_cast<double>(inputs[3].shape[1]) : 0;
  const Shape& x = inputs[0].shape;
  const double outputs = static_cast<double>(node.output_specs[0].shape[1]);
  return 2 * tiles(x, 4) * 4 * (25 * static_cast<double>(x[1]) + 36 * skip) * outputs;
}

/// The multiplications and additions that the implementation performs, without transforms.
double executed_flops(const Node& node, const std::vector<Spec>& inputs,
                      const std::string& implementation, double direct) {
  if (implementation == "winograd phases") return phases_flops(node, inputs);
  constexpr std::string_view kWinograd = "winograd ";  // followed by "MxM"
  if (!implementation.starts_with(kWinograd)) return direct;
  const Index m = implementation[kWinograd.size()] - '0';
  // The tiled image is the output or, for the gradient of the weight, dy.
  const bool weight_gradient = node.op->name() == "conv2d_backward_weight";
  return winograd_flops(direct, weight_gradient ? inputs[1].shape : node.output_specs[0].shape, m);
}

OpRow sum_of(const std::vector<OpRow>& rows) {
  OpRow sum;
  for (const OpRow& row : rows) {
    sum.seconds += row.seconds;
    sum.flops += row.flops;
    sum.executed += row.executed;
    sum.bytes += row.bytes;
  }
  return sum;
}

std::string numbers(const OpRow& row, const MachinePeak& peak) {
  const double best = std::max(row.executed / peak.flops, row.bytes / peak.bytes);
  const double giga = 1e-9 / row.seconds;
  return fmt::format("{:9.3f} {:8.1f} {:8.1f} {:8.1f} {:6.0f}", row.seconds * 1e3, row.flops * giga,
                     row.executed * giga, row.bytes * giga, 100 * best / row.seconds);
}

/// Groups the rows by op and implementation, slowest group first.
std::vector<std::pair<std::string, std::vector<OpRow>>> by_kind(const std::vector<OpRow>& rows) {
  std::map<std::string, std::vector<OpRow>> groups;
  for (const OpRow& row : rows) {
    groups[fmt::format("{:26} {}", row.op, row.implementation)].push_back(row);
  }
  std::vector<std::pair<std::string, std::vector<OpRow>>> sorted(groups.begin(), groups.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return sum_of(a.second).seconds > sum_of(b.second).seconds;
  });
  return sorted;
}

}  // namespace

std::vector<OpRow> op_rows(const Program& program, const std::vector<double>& seconds,
                           std::int64_t repeat) {
  const Graph& graph = program.graph();
  std::vector<OpRow> rows;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    const std::vector<Spec> inputs = graph.input_specs(node);
    const Cost cost = node.op->cost(inputs, node.output_specs);
    const std::string implementation = node.op->implementation(graph.context(), inputs);
    rows.push_back(
        {.phase = std::string(name_of(node.phase)),
         .op = std::string(node.op->name()),
         .implementation = implementation,
         .label = node_label(graph, node),
         .output = node.output_specs.empty() ? std::string() : node.output_specs[0].shape.str(),
         .seconds = seconds[i] / static_cast<double>(repeat),
         .flops = cost.flops,
         .executed = executed_flops(node, inputs, implementation, cost.flops),
         .bytes = cost.bytes});
  }
  return rows;
}

void print_ops(const std::vector<OpRow>& rows, const MachinePeak& peak) {
  constexpr const char* kNumbers = "       ms  GFLOP/s executed     GB/s  %peak";
  fmt::print("{}  {:8} {:26} {:16} {:20} {}\n", kNumbers, "phase", "op", "implementation", "output",
             "layer");
  for (const OpRow& row : rows) {
    fmt::print("{}  {:8} {:26} {:16} {:20} {}\n", numbers(row, peak), row.phase, row.op,
               row.implementation, row.output, row.label);
  }
  fmt::print("\n{}  nodes {:26} {}\n", kNumbers, "op", "implementation");
  for (const auto& [kind, members] : by_kind(rows)) {
    fmt::print("{}  {:5} {}\n", numbers(sum_of(members), peak), members.size(), kind);
  }
  fmt::print("{}  {:5} all\n", numbers(sum_of(rows), peak), rows.size());
  fmt::print("this machine's measured peak: {:.1f} GFLOP/s of a product, {:.1f} GB/s of memory\n",
             peak.flops * 1e-9, peak.bytes * 1e-9);
  fmt::print(
      "columns: ms, the mean of all runs; GFLOP/s, operations of the definition in that time (a "
      "multiply-add is 2);\n"
      "  executed, those that the implementation makes: Winograd's needs fewer, so its GFLOP/s can "
      "be "
      "above the peak;\n"
      "  GB/s, every input read and every output written once; %peak, the larger of the shares of "
      "the two peaks.\n"
      "  %peak passes 100 where data is still in a cache, which is faster than the memory that was "
      "measured.\n");
}

void print_launches(const std::vector<OpRow>& rows, double run_seconds) {
  const double shortest =
      std::ranges::min_element(rows, {}, [](const OpRow& row) { return row.seconds; })->seconds;
  const double launches = shortest * static_cast<double>(rows.size());
  fmt::print(
      "a run: {:.3f} ms, the sum of its nodes {:.3f} ms; launches: at most {} x {:.1f} us = {:.3f} "
      "ms, {:.0f} % of it\n",
      run_seconds * 1e3, sum_of(rows).seconds * 1e3, rows.size(), shortest * 1e6, launches * 1e3,
      100 * launches / run_seconds);
}

nlohmann::ordered_json ops_json(const std::vector<OpRow>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const OpRow& row : rows) {
    json.push_back({{"phase", row.phase},
                    {"op", row.op},
                    {"implementation", row.implementation},
                    {"layer", row.label},
                    {"output", row.output},
                    {"seconds", row.seconds},
                    {"flops", row.flops},
                    {"executed_flops", row.executed},
                    {"bytes", row.bytes}});
  }
  return json;
}

}  // namespace fpanet
