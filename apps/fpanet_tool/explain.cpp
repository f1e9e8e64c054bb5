#include <cmath>

#include "apps/cli/cli.hpp"
#include "apps/cli/memory.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "apps/fpanet_tool/program_page.hpp"
#include "data/text_file.hpp"
#include "engine/graph/listing.hpp"
#include "layers/rank_reduction.hpp"

namespace fpanet {

namespace {

struct State {
  ModelFlags flags;
  std::int64_t ranks = 1;
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

/// The first of several ranks, to whose sums the others, which are not there, add nothing.
class FirstRank final : public Communicator {
 public:
  explicit FirstRank(std::int64_t size) : size_(static_cast<int>(size)) {}

  int rank() const override { return 0; }
  int size() const override { return size_; }
  void all_reduce(std::span<double>) override {}
  void all_reduce(std::span<float>) override {}
  void all_reduce(std::span<std::int64_t>) override {}
  void begin_sum(const Tensor&) override {}
  void finish_sums() override {}
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    std::ranges::fill(all, std::byte{0});
    std::ranges::copy(mine, all.begin());
  }
  void broadcast(std::span<std::byte>, int) override {}
  void barrier() override {}

 private:
  int size_;
};

/// The options of the program; of several ranks, those of the first one's.
ProgramOptions options_of(const State& state, FirstRank& rank) {
  ProgramOptions options = program_options(state.flags);
  if (rank.size() == 1) return options;
  if (state.flags.task != "train" || state.flags.batch < rank.size()) {
    usage_fail(
        "--ranks {}: ranks share a training step, with an image each: expected --task train "
        "and --batch {} or more",
        rank.size(), rank.size());
  }
  options.batch = rank_part(state.flags.batch, 0, rank.size()).count;
  options.reduction = std::make_shared<RankReduction>(rank, state.flags.batch);
  options.ranked = {.ranks = &rank};
  return options;
}

void print_bytes(const char* what, std::size_t bytes) {
  fmt::print("{:34} {:>14} bytes  {}\n", what, bytes, bytes_str(static_cast<std::int64_t>(bytes)));
}

int run(const State& state) {
  Console console(false);
  const auto resident = static_cast<std::size_t>(resident_bytes());
  FirstRank rank(state.ranks);
  const ProgramOptions options = options_of(state, rank);
  const auto session = make_session(state.flags, state.settings, console);
  const Device::Type device = session->placement().device().type;
  const std::size_t before = device == Device::Type::cpu ? resident : 0;
  if (rank.size() > 1 && device != Device::Type::cpu && state.measure) {
    usage_fail(
        "--ranks {}: the GPUs of other ranks are not here to measure with: expected --device "
        "cpu, or --measure off",
        rank.size());
  }
  Program& program = session->program(options);
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
  state->settings.integer("ranks", &state->ranks, 1, 1024,
                          "Show the program of the first of so many ranks, which share\n"
                          "--batch");
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
