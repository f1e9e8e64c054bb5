#include "engine/graph/listing.hpp"

#include <algorithm>

namespace fpanet {

namespace {

/// True for parameters, their gradients, and constants computed from parameters, whose names also
/// contain a dot.
bool names_entry(const ValueInfo& info) {
  return info.kind == ValueKind::parameter || info.kind == ValueKind::parameter_gradient ||
         (info.kind == ValueKind::constant && info.name.find('.') != std::string::npos);
}

/// "model.conv1.weight" -> "model.conv1".
std::string parent(const std::string& name) {
  return name.substr(0, name.rfind('.'));
}

/// "%9", "%9=name", or, since no line defines a view, "%9(view of %8)".
std::string id_text(const Graph& graph, ValueId id) {
  const ValueInfo& info = graph.info(id);
  std::string text = fmt::format("%{}", id);
  if (info.base != id) text += fmt::format("(view of %{})", info.base);
  if (!info.name.empty() && info.kind != ValueKind::parameter_gradient) text += "=" + info.name;
  return text;
}

std::string value_text(const Graph& graph, const Plan& plan, ValueId id) {
  const ValueInfo& info = graph.info(id);
  std::string text =
      fmt::format("{} {}{}", id_text(graph, id), name_of(info.spec.dtype), info.spec.shape.str());
  if (const auto offset = plan.offset(id)) {
    const Lifetime lifetime = plan.lifetime(id);
    text +=
        fmt::format(" {}B @{} [{},{}]", info.spec.bytes(), *offset, lifetime.first, lifetime.last);
    if (plan.in_place(id)) text += " in-place";
    if (is_saved(graph, id)) text += " saved";
  } else {
    text += fmt::format(" {}", name_of(info.kind));
    if (info.kind == ValueKind::parameter_gradient) text += " of " + info.name;
  }
  return text;
}

}  // namespace

std::string node_label(const Graph& graph, const Node& node) {
  const auto label_of = [&](ValueId id) -> std::string {
    return id >= 0 && names_entry(graph.info(id)) ? parent(graph.info(id).name) : std::string();
  };
  for (const ValueId id : node.inputs) {
    if (std::string label = label_of(id); !label.empty()) return label;
  }
  for (const NodeOutput& output : node.outputs) {
    if (std::string label = label_of(output.value); !label.empty()) return label;
  }
  return {};
}

bool is_saved(const Graph& graph, ValueId id) {
  if (graph.info(id).kind != ValueKind::activation) return false;
  return std::ranges::any_of(graph.nodes(), [&](const Node& node) {
    return node.phase == Phase::backward && std::ranges::any_of(node.inputs, [&](ValueId input) {
             return graph.base(input) == graph.base(id);
           });
  });
}

std::string list_program(const Graph& graph, const Plan& plan, std::optional<Phase> only) {
  std::string text;
  for (ValueId id = 0; id < static_cast<ValueId>(graph.value_count()); ++id) {
    if (graph.info(id).kind == ValueKind::input && graph.base(id) == id && plan.offset(id)) {
      text += fmt::format("     input    {}\n", value_text(graph, plan, id));
    }
  }
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (only && node.phase != *only) continue;
    text += fmt::format("{:4} {:8} {}", i, name_of(node.phase), node.op->name());
    if (const std::string p = node.op->parameters(); !p.empty()) text += fmt::format(" {}", p);
    const std::string implementation =
        node.op->implementation(graph.context(), graph.input_specs(node));
    if (!implementation.empty()) text += fmt::format(" <{}>", implementation);
    if (const std::string label = node_label(graph, node); !label.empty()) {
      text += fmt::format("  # {}", label);
    }
    text += "\n       in ";
    for (const ValueId id : node.inputs) {
      text += fmt::format(" {}", id_text(graph, id));
    }
    for (const NodeOutput& output : node.outputs) {
      if (output.value < 0) {
        text += "\n       out (not wanted)";
        continue;
      }
      text += fmt::format("\n       {} {}", output.write == Write::assign ? "out" : "add",
                          value_text(graph, plan, output.value));
    }
    text += '\n';
  }
  return text;
}

}  // namespace fpanet
