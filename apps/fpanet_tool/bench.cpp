#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/common/cli.hpp"
#include "apps/common/memory.hpp"
#include "apps/common/statistics.hpp"
#include "apps/common/text_file.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "engine/graph/listing.hpp"

namespace fpanet {

namespace {

struct State {
  ModelFlags flags{.batch = 8};
  std::int64_t repeat = 10;
  std::int64_t warmup = 2;
  std::string json;
  bool ops = false;
  Settings settings;
};

/// One row of --ops: a node, its mean time a run, and its work.
struct OpRow {
  std::string phase, op, implementation, label, output;
  double seconds = 0, flops = 0, bytes = 0;
};

std::vector<OpRow> op_rows(const Program& program, const std::vector<double>& seconds,
                           std::int64_t repeat) {
  const Graph& graph = program.graph();
  std::vector<OpRow> rows;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    const std::vector<Spec> inputs = graph.input_specs(node);
    const Cost cost = node.op->cost(inputs, node.output_specs);
    rows.push_back(
        {.phase = std::string(name_of(node.phase)),
         .op = std::string(node.op->name()),
         .implementation = node.op->implementation(graph.context(), inputs),
         .label = node_label(graph, node),
         .output = node.output_specs.empty() ? std::string() : node.output_specs[0].shape.str(),
         .seconds = seconds[i] / static_cast<double>(repeat),
         .flops = cost.flops,
         .bytes = cost.bytes});
  }
  return rows;
}

void print_ops(const std::vector<OpRow>& rows) {
  fmt::print("{:>9} {:>8} {:>8}  {:8} {:26} {:16} {:20} {}\n", "ms", "GFLOP/s", "GB/s", "phase",
             "op", "implementation", "output", "layer");
  for (const OpRow& row : rows) {
    fmt::print("{:9.3f} {:8.1f} {:8.1f}  {:8} {:26} {:16} {:20} {}\n", row.seconds * 1e3,
               row.flops / row.seconds / 1e9, row.bytes / row.seconds / 1e9, row.phase, row.op,
               row.implementation, row.output, row.label);
  }
}

nlohmann::ordered_json to_json(const State& state, const Placement& placement,
                               const Statistics& time, std::int64_t peak,
                               const std::vector<OpRow>& rows) {
  const Cpu* cpu = std::get_if<Cpu>(&placement.context);
  nlohmann::ordered_json json = {
      {"task", state.flags.task},
      {"batch", state.flags.batch},
      {"height", state.flags.image_size.height},
      {"width", state.flags.image_size.width},
      {"encoder", state.flags.encoder},
      {"device", placement.device().str()},
      {"precision", state.flags.precision},
      {"threads", cpu != nullptr ? cpu->threads : 0},
      {"repeat", state.repeat},
      {"median_seconds", time.median},
      {"min_seconds", time.min},
      {"images_per_second", static_cast<double>(state.flags.batch) / time.median},
      {"peak_bytes", peak}};
  for (const OpRow& row : rows) {
    json["ops"].push_back({{"phase", row.phase},
                           {"op", row.op},
                           {"implementation", row.implementation},
                           {"layer", row.label},
                           {"output", row.output},
                           {"seconds", row.seconds},
                           {"flops", row.flops},
                           {"bytes", row.bytes}});
  }
  return json;
}

int run(const State& state) {
  using Clock = std::chrono::steady_clock;
  Console console(false);
  const auto session = make_session(state.flags, console);
  Program& program = session->program(program_options(state.flags));
  fill_inputs(program, session->model().options().classes);
  const Context& context = session->placement().context;
  for (std::int64_t i = 0; i < state.warmup; ++i) program.run();
  synchronize(context);
  std::vector<double> seconds, node_seconds;
  for (std::int64_t i = 0; i < state.repeat; ++i) {
    const Clock::time_point start = Clock::now();
    if (state.ops) {
      program.run_timed(node_seconds);
    } else {
      program.run();
      synchronize(context);
    }
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  const Statistics time = Statistics::of(seconds);
  const Device::Type device = session->placement().device().type;
  // On a card, what the engine has taken there; its libraries keep some more.
  const std::int64_t peak = device == Device::Type::cpu
                                ? peak_resident_bytes()
                                : static_cast<std::int64_t>(memory_use(device).peak);
  std::vector<OpRow> rows;
  if (state.ops) {
    rows = op_rows(program, node_seconds, state.repeat);
    print_ops(rows);
  }
  fmt::print("{} batch {} at {}: median {:.4f} s, min {:.4f} s, {:.2f} images/s, peak {} bytes\n",
             state.flags.task, state.flags.batch, state.flags.image_size.str(), time.median,
             time.min, static_cast<double>(state.flags.batch) / time.median, peak);
  if (!state.json.empty()) {
    const std::string text = to_json(state, session->placement(), time, peak, rows).dump(1) + "\n";
    write_text_file(state.json, text);
  }
  return kExitDone;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  Settings& settings = state->settings;
  describe(state->flags, settings, true);
  settings.integer("repeat", &state->repeat, 1, 1'000'000, "Measured runs");
  settings.integer("warmup", &state->warmup, 0, 1'000'000, "Runs before them");
  settings.text("json", "FILE", &state->json, "a file", "Write the numbers here, too");
  settings.flag("ops", &state->ops, "One row an op: time, GFLOP/s, GB/s");
  settings.add_flags(add_command(
      app, "bench", "Times a training step or inference: median, min, images/s, peak bytes.",
      action, [state] { return run(*state); }));
}

}  // namespace fpanet
