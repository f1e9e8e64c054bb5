#include <cmath>

#include "apps/cli/cli.hpp"
#include "apps/cli/memory.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "apps/fpanet_tool/program_page.hpp"
#include "data/text_file.hpp"
#include "engine/graph/listing.hpp"

namespace fpanet {

namespace {

struct State {
  ModelFlags flags;
  bool measure = true;
  bool modules = false;
  std::string phase = "all";
  std::string dot, html;
  Settings settings;

  std::optional<Phase> only() const {
    for (const Phase known : {Phase::forward, Phase::backward, Phase::update}) {
      if (name_of(known) == phase) return known;
    }
    return std::nullopt;
  }
};

void print_bytes(const char* what, std::size_t bytes) {
  fmt::print("{:34} {:>14} bytes  {}\n", what, bytes, bytes_str(static_cast<std::int64_t>(bytes)));
}

int run(const State& state) {
  Console console(false);
  const auto resident = static_cast<std::size_t>(resident_bytes());
  const auto session = make_session(state.flags, state.settings, console);
  const Device::Type device = session->placement().device().type;
  const std::size_t before = device == Device::Type::cpu ? resident : 0;
  Program& program = session->program(program_options(state.flags));
  const Plan& plan = program.plan();
  const Graph& graph = program.graph();
  std::vector<double> seconds;
  std::size_t peak = 0;
  if (state.measure) {
    fill_inputs(program, session->network().config().classes);
    program.run();
    peak = device == Device::Type::cpu ? static_cast<std::size_t>(peak_resident_bytes())
                                       : memory_use(device).peak;
    if (state.modules || !state.dot.empty() || !state.html.empty()) program.run_timed(seconds);
  }
  std::vector<ProgramStep> steps = steps_of(graph, plan, seconds);
  if (state.modules) steps = by_layer(steps);
  if (const auto phase = state.only()) steps = in_phase(steps, *phase);
  if (state.modules) {
    std::fputs(steps_table(steps).c_str(), stdout);
  } else {
    std::fputs(listing_legend().c_str(), stdout);
    std::fputs(list_program(graph, plan, state.only()).c_str(), stdout);
  }

  const std::size_t planned =
      session->state_bytes() + plan.arena_bytes() + plan.workspace_bytes() + before;
  fmt::print("\n{} nodes, {} values\n", graph.nodes().size(), graph.value_count());
  print_bytes("parameters, gradients, moments, folds", session->state_bytes());
  print_bytes("arena", plan.arena_bytes());
  print_bytes("  without reuse it would be", plan.unshared_bytes());
  print_bytes("workspace", plan.workspace_bytes());
  print_bytes("program and libraries", before);
  print_bytes("planned peak", planned);
  if (state.measure) {
    print_bytes("measured peak of one run", peak);
    fmt::print("measured / planned: {:.3f}\n",
               static_cast<double>(peak) / static_cast<double>(planned));
  }
  const std::string title =
      fmt::format("{}: {}, batch {} at {}", session->network().config().name, state.flags.task,
                  state.flags.batch, state.flags.image_size.str());
  if (!state.dot.empty()) write_text_file(state.dot, steps_dot(steps, title));
  if (!state.html.empty()) {
    const std::vector<std::string> facts = {
        fmt::format("{} nodes in {} steps. Parameters, gradients and moments take {}, the arena {} "
                    "(without reuse it would be {}).",
                    graph.nodes().size(), steps.size(),
                    bytes_str(static_cast<std::int64_t>(session->state_bytes())),
                    bytes_str(static_cast<std::int64_t>(plan.arena_bytes())),
                    bytes_str(static_cast<std::int64_t>(plan.unshared_bytes())))};
    write_text_file(state.html, program_page(title, facts, steps, graph, plan));
  }
  return kExitDone;
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  describe(state->flags, state->settings, true);
  state->settings.toggle("measure", &state->measure,
                         "Run once and compare the peak resident memory with the plan");
  state->settings.flag("modules", &state->modules, "One line for each layer, with its time");
  state->settings.choice("phase", &state->phase, {"all", "forward", "backward", "update"},
                         "Show only this phase");
  state->settings.text("dot", "FILE", &state->dot, "a file",
                       "Also write the graph for Graphviz's dot");
  state->settings.text("html", "FILE", &state->html, "a file",
                       "Also write a page with the graph, its times, and the arena over time");
  state->settings.add_flags(
      add_command(app, "explain", "The recorded program, its memory plan, and its peak memory.",
                  action, [state] { return run(*state); }));
}

}  // namespace fpanet
