#include "apps/fpanet_tool/program_steps.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/cli/memory.hpp"
#include "engine/core/join.hpp"
#include "engine/graph/listing.hpp"

namespace fpanet {

namespace {

std::string milliseconds(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.3f}", 1e3 * *seconds) : "-";
}

/// Text between the quotes of a DOT string.
std::string dot_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The list with the steps for which `kept` holds, whose edges lead to kept steps only.
template <class Kept>
std::vector<ProgramStep> filtered(const std::vector<ProgramStep>& steps, const Kept& kept) {
  std::map<std::size_t, std::size_t> place;
  std::vector<ProgramStep> result;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!kept(steps[i])) continue;
    place[i] = result.size();
    result.push_back(steps[i]);
    std::vector<std::size_t>& from = result.back().from;
    from.clear();
    for (const std::size_t source : steps[i].from) {
      if (place.contains(source)) from.push_back(place.at(source));
    }
  }
  return result;
}

}  // namespace

std::vector<ProgramStep> steps_of(const Graph& graph, const Plan& plan,
                                  const std::vector<double>& seconds) {
  std::map<ValueId, std::size_t> writer;  // of the memory, by its base
  std::vector<ProgramStep> steps;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    ProgramStep step{.first_node = i,
                     .phase = node.phase,
                     .ops = std::string(node.op->name()),
                     .layer = node_label(graph, node)};
    if (i < seconds.size()) step.seconds = seconds[i];
    std::set<std::size_t> from;
    const auto reads = [&](ValueId id) {
      const auto found = writer.find(graph.base(id));
      if (found != writer.end()) from.insert(found->second);
    };
    for (const ValueId id : node.inputs) reads(id);
    for (const NodeOutput& output : node.outputs) {
      if (output.value < 0) continue;
      if (output.write == Write::accumulate) reads(output.value);
      step.output = graph.info(output.value).spec.shape.str();
      if (plan.offset(output.value)) step.bytes += graph.info(output.value).spec.bytes();
      step.saved = step.saved || is_saved(graph, output.value);
    }
    for (const NodeOutput& output : node.outputs) {
      if (output.value >= 0) writer[graph.base(output.value)] = i;
    }
    // The shape of the main output says more than that of statistics beside it.
    if (!node.outputs.empty() && node.outputs[0].value >= 0) {
      step.output = graph.info(node.outputs[0].value).spec.shape.str();
    }
    step.from.assign(from.begin(), from.end());
    steps.push_back(std::move(step));
  }
  return steps;
}

std::vector<ProgramStep> by_layer(const std::vector<ProgramStep>& steps) {
  std::vector<std::size_t> place;  // of each step in the result
  std::vector<ProgramStep> layers;
  std::vector<std::vector<std::string>> ops;
  for (const ProgramStep& step : steps) {
    const bool joins = !layers.empty() && layers.back().phase == step.phase &&
                       (step.layer.empty() || step.layer == layers.back().layer);
    if (!joins) {
      layers.push_back(step);
      layers.back().nodes = 0;
      layers.back().bytes = 0;
      layers.back().seconds.reset();
      layers.back().from.clear();
      ops.emplace_back();
    }
    ProgramStep& layer = layers.back();
    layer.nodes += step.nodes;
    layer.bytes += step.bytes;
    layer.saved = layer.saved || step.saved;
    layer.output = step.output.empty() ? layer.output : step.output;
    if (step.seconds) layer.seconds = layer.seconds.value_or(0) + *step.seconds;
    if (std::ranges::find(ops.back(), step.ops) == ops.back().end()) ops.back().push_back(step.ops);
    place.push_back(layers.size() - 1);
    for (const std::size_t source : step.from) {
      const std::size_t from = place[source];
      if (from == layers.size() - 1) continue;
      if (std::ranges::find(layer.from, from) == layer.from.end()) layer.from.push_back(from);
    }
  }
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].ops = join(ops[i], ", ");
  return layers;
}

std::vector<ProgramStep> in_phase(const std::vector<ProgramStep>& steps, Phase phase) {
  return filtered(steps, [phase](const ProgramStep& step) { return step.phase == phase; });
}

std::string steps_table(const std::vector<ProgramStep>& steps) {
  std::string text =
      fmt::format("{:>4} {:8} {:>5} {:44} {:20} {:>12} {:>9}  {:16} {}\n", "step", "phase", "nodes",
                  "layer", "output", "bytes", "ms", "reads", "ops");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ProgramStep& step = steps[i];
    std::vector<std::string> from;
    for (const std::size_t source : step.from) from.push_back(std::to_string(source));
    text += fmt::format("{:>4} {:8} {:>5} {:44} {:20} {:>12} {:>9}  {:16} {}\n", i,
                        name_of(step.phase), step.nodes, step.layer, step.output, step.bytes,
                        milliseconds(step.seconds), join(from, " "), step.ops);
  }
  return text;
}

std::string steps_dot(const std::vector<ProgramStep>& steps, const std::string& title) {
  std::string text = fmt::format(
      "digraph program {{\n  label=\"{}\";\n  node [shape=box, style=filled, fontname=sans];\n",
      dot_text(title));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ProgramStep& step = steps[i];
    const char* const color = step.phase == Phase::forward    ? "#cfe2f6"
                              : step.phase == Phase::backward ? "#fbe3c8"
                                                              : "#e6e6e6";
    std::vector<std::string> lines = {dot_text(step.ops)};
    if (!step.layer.empty()) lines.push_back(dot_text(step.layer));
    lines.push_back(fmt::format("{} {}", step.output, bytes_str(static_cast<Index>(step.bytes))));
    if (step.seconds) lines.push_back(milliseconds(step.seconds) + " ms");
    text += fmt::format("  n{} [label=\"{}\", fillcolor=\"{}\"];\n", i, join(lines, "\\n"), color);
    for (const std::size_t source : step.from) {
      text += fmt::format("  n{} -> n{}{};\n", source, i,
                          steps[source].phase != step.phase ? " [style=dashed]" : "");
    }
  }
  return text + "}\n";
}

}  // namespace fpanet
