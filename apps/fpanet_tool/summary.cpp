#include <set>

#include "apps/cli/cli.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "engine/graph/listing.hpp"

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

int run(const State& state) {
  Console console(true);
  const auto session = make_session(state.flags, state.settings, console);
  const Program program(session->placement().context, session->network(), nullptr, session->store(),
                        program_options(state.flags));
  const Graph& graph = program.graph();
  fmt::print("{:44} {:22} {:22} {:>12} {:>12}\n", "layer", "op", "output", "parameters", "MMAC");
  std::set<ValueId> seen;
  Index parameters = 0;
  double macs = 0;
  for (const Node& node : graph.nodes()) {
    const Index own = new_parameters(graph, node, seen);
    const double node_macs = node.op->cost(graph.input_specs(node), node.output_specs).flops / 2;
    parameters += own;
    macs += node_macs;
    fmt::print("{:44} {:22} {:22} {:>12} {:>12.2f}\n", node_label(graph, node), node.op->name(),
               node.output_specs.at(0).shape.str(), own, node_macs / 1e6);
  }
  const Index total = session->store().parameter_count();
  fmt::print("\nparameters in the state dict: {} ({} used by this program)\n", total, parameters);
  fmt::print("state-dict entries: {}\n", session->store().entries().size());
  fmt::print("multiply-adds: {:.3f} G for {} image(s) of {}\n", macs / 1e9, state.flags.batch,
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
