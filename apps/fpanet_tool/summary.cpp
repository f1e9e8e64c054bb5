#include <set>

#include "apps/cli/cli.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "engine/graph/listing.hpp"
#include "models/parameter_modules.hpp"

namespace fpanet {

namespace {

struct State {
  ModelFlags flags{.task = "infer"};
  Settings settings;
};

/// The number of parameter elements among a node's inputs that no earlier node has used.
Index new_parameters(const Graph& graph, const Node& node, std::set<ValueId>& seen) {
  Index count = 0;
  for (const ValueId id : node.inputs) {
    if (graph.info(id).kind == ValueKind::parameter && seen.insert(id).second) {
      count += graph.info(id).spec.shape.numel();
    }
  }
  return count;
}

/// A part of the network that gets a subtotal: "encoder.layer1" of "model.encoder.layer1.0.conv1",
/// as the norms of --log-gradients. Nodes without parameters belong to the part before them.
std::string part_of(const std::string& layer) {
  return module_of(layer + ".weight");
}

struct Total {
  Index parameters = 0;
  double macs = 0;
};

void print_row(const std::string& layer, std::string_view op, const std::string& output,
               const Total& total) {
  fmt::print("{:44} {:22} {:22} {:>12} {:>12.2f}\n", layer, op, output, total.parameters,
             total.macs / 1e6);
}

int run(const State& state) {
  Console console(true);
  const auto session = make_session(state.flags, state.settings, console);
  const Program program(session->placement().context, session->network(), nullptr, session->store(),
                        program_options(state.flags));
  const Graph& graph = program.graph();
  fmt::print("{:44} {:22} {:22} {:>12} {:>12}\n", "layer", "op", "output", "parameters", "MMAC");
  std::set<ValueId> seen;
  Total all;
  std::vector<std::pair<std::string, Total>> parts;
  for (const Node& node : graph.nodes()) {
    const Total own{.parameters = new_parameters(graph, node, seen),
                    .macs = node.op->cost(graph.input_specs(node), node.output_specs).flops / 2};
    const std::string layer = node_label(graph, node);
    const std::string part = !layer.empty()  ? part_of(layer)
                             : parts.empty() ? "preparation"
                                             : parts.back().first;
    if (parts.empty() || parts.back().first != part) parts.emplace_back(part, Total{});
    for (Total* total : {&all, &parts.back().second}) {
      total->parameters += own.parameters;
      total->macs += own.macs;
    }
    print_row(layer, node.op->name(), node.output_specs.at(0).shape.str(), own);
  }
  fmt::print("\nsubtotals\n");
  for (const auto& [part, total] : parts) print_row(part, "", "", total);
  const Index total = session->store().parameter_count();
  fmt::print("\nparameters in the state dict: {} ({} used by this program)\n", total,
             all.parameters);
  fmt::print("state-dict entries: {}\n", session->store().entries().size());
  fmt::print("multiply-adds: {:.3f} G for {} image(s) of {}\n", all.macs / 1e9, state.flags.batch,
             state.flags.image_size.str());
  return kExitDone;
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  describe(state->flags, state->settings, false);
  state->settings.add_flags(add_command(app, "summary",
                                        "Layer table: output shape, parameters, multiply-adds.",
                                        action, [state] { return run(*state); }));
}

}  // namespace fpanet
