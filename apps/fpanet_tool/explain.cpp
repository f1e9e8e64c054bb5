#include <cmath>

#include "apps/cli/cli.hpp"
#include "apps/cli/memory.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "engine/graph/listing.hpp"

namespace fpanet {

namespace {

struct State {
  ModelFlags flags;
  bool measure = true;
  Settings settings;
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
  std::fputs(list_program(program.graph(), plan).c_str(), stdout);

  const std::size_t planned =
      session->state_bytes() + plan.arena_bytes() + plan.workspace_bytes() + before;
  fmt::print("\n{} nodes, {} values\n", program.graph().nodes().size(),
             program.graph().value_count());
  print_bytes("parameters, gradients, moments, folds", session->state_bytes());
  print_bytes("arena", plan.arena_bytes());
  print_bytes("  without reuse it would be", plan.unshared_bytes());
  print_bytes("workspace", plan.workspace_bytes());
  print_bytes("program and libraries", before);
  print_bytes("planned peak", planned);
  if (!state.measure) return kExitDone;
  fill_inputs(program, session->network().config().classes);
  program.run();
  const std::size_t peak = device == Device::Type::cpu
                               ? static_cast<std::size_t>(peak_resident_bytes())
                               : memory_use(device).peak;
  print_bytes("measured peak of one run", peak);
  fmt::print("measured / planned: {:.3f}\n",
             static_cast<double>(peak) / static_cast<double>(planned));
  return kExitDone;
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  describe(state->flags, state->settings, true);
  state->settings.toggle("measure", &state->measure,
                         "Run once and compare the peak resident memory with the plan");
  state->settings.add_flags(
      add_command(app, "explain", "The recorded program, its memory plan, and its peak memory.",
                  action, [state] { return run(*state); }));
}

}  // namespace fpanet
