#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/cli/cli.hpp"
#include "apps/cli/memory.hpp"
#include "apps/cli/statistics.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/model_setup.hpp"
#include "apps/fpanet_tool/ops_table.hpp"
#include "data/text_file.hpp"

namespace fpanet {

namespace {

struct State {
  ModelFlags flags{.batch = 8};
  std::int64_t repeat = 10;
  std::int64_t warmup = 2;
  std::string json;
  bool ops = false;
  bool resident = false;
  Settings settings;
};

nlohmann::ordered_json to_json(const State& state, const NetworkConfig& network,
                               const Placement& placement, const Statistics& time,
                               std::int64_t peak, std::size_t graph_nodes,
                               const std::vector<OpRow>& rows,
                               const std::optional<MachinePeak>& machine) {
  const Cpu* cpu = std::get_if<Cpu>(&placement.context);
  nlohmann::ordered_json json = {
      {"task", state.flags.task},
      {"batch", state.flags.batch},
      {"height", state.flags.image_size.height},
      {"width", state.flags.image_size.width},
      {"network", network.name},
      {"device", placement.device().str()},
      {"precision", state.flags.precision},
      {"resident", state.resident},
      {"threads", cpu != nullptr ? cpu->threads : 0},
      {"repeat", state.repeat},
      {"median_seconds", time.median},
      {"min_seconds", time.min},
      {"images_per_second", static_cast<double>(state.flags.batch) / time.median},
      {"peak_bytes", peak},
      {"graph_nodes", graph_nodes}};
  for (const auto& [option, value] : network.options) json[option] = value;
  if (!rows.empty()) json["ops"] = ops_json(rows);
  if (machine) json["machine_peak"] = {{"flops", machine->flops}, {"bytes", machine->bytes}};
  return json;
}

MachinePeak measured_peak(const Placement& placement) {
  const DType dtype = placement.twin.value_or(placement.dtype);
  return std::visit([&](const auto& device) { return measure_machine_peak(device, dtype); },
                    placement.context);
}

int run(const State& state) {
  using Clock = std::chrono::steady_clock;
  Console console(false);
  ProgramOptions options = program_options(state.flags);
  if (state.resident && options.kind != ProgramKind::train) {
    usage_fail("--resident: inference takes images, not scenes; use --task train");
  }
  const auto session = make_session(state.flags, state.settings, console);
  const Context& context = session->placement().context;
  std::unique_ptr<ResidentScenes> resident;
  if (state.resident) {
    resident = resident_inputs(state.flags, session->network().config().bands, context);
    options.source = resident->source(state.flags.batch);
  }
  Program& program = session->program(options);
  if (!resident) fill_inputs(program, session->network().config().classes);
  const bool on_gpu = std::holds_alternative<Cuda>(context);
  for (std::int64_t i = 0; i < state.warmup; ++i) program.run();
  synchronize(context);
  std::vector<double> seconds, node_seconds;
  for (std::int64_t i = 0; i < state.repeat; ++i) {
    const Clock::time_point start = Clock::now();
    if (state.ops && !on_gpu) {
      program.run_timed(node_seconds);
    } else {
      program.run();
      synchronize(context);
    }
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    // A separate run, because the timing events would add to the time measured above.
    if (state.ops && on_gpu) program.run_timed(node_seconds);
  }
  const Statistics time = Statistics::of(seconds);
  const Device::Type device = session->placement().device().type;
  // On a GPU this is the memory that the engine has allocated. CUDA's libraries use more.
  const std::int64_t peak = device == Device::Type::cpu
                                ? peak_resident_bytes()
                                : static_cast<std::int64_t>(memory_use(device).peak);
  std::vector<OpRow> rows;
  std::optional<MachinePeak> machine;
  if (state.ops) {
    rows = op_rows(program, node_seconds, state.repeat);
    machine = measured_peak(session->placement());
    print_ops(rows, *machine);
    if (on_gpu) print_launches(rows, time.median);
  }
  fmt::print("{} batch {} at {}: median {:.4f} s, min {:.4f} s, {:.2f} images/s, peak {} bytes\n",
             state.flags.task, state.flags.batch, state.flags.image_size.str(), time.median,
             time.min, static_cast<double>(state.flags.batch) / time.median, peak);
  if (on_gpu) fmt::print("{} nodes in the CUDA graph\n", program.graph_nodes());
  if (!state.json.empty()) {
    const std::string text = to_json(state, session->network().config(), session->placement(), time,
                                     peak, program.graph_nodes(), rows, machine)
                                 .dump(1) +
                             "\n";
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
  settings.integer("warmup", &state->warmup, 0, 1'000'000, "Runs before the measured ones");
  settings.text("json", "FILE", &state->json, "a file", "Also write the numbers to this file");
  settings.flag("ops", &state->ops,
                "One row per node: time, GFLOP/s, GB/s, share of this machine's peak");
  settings.flag("resident", &state->resident,
                "Make the batch from scenes in the device's memory, as training on a GPU does");
  settings.add_flags(add_command(
      app, "bench", "Times a training step or inference: median, min, images/s, peak bytes.",
      action, [state] { return run(*state); }));
}

}  // namespace fpanet
