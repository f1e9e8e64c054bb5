#include "data/check_data.hpp"
#include "data/check_rasters.hpp"
#include "data/raster/raster_pairs.hpp"

#include "apps/cli/cli.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "engine/core/device.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

struct State {
  std::string dir;
  std::string protocol = "clean";
  std::string mask_policy = "auto";
  std::int64_t threads = 0;
  Settings settings;
};

int run(const State& state) {
  const int threads = state.threads > 0 ? static_cast<int>(state.threads) : default_threads();
  const MaskPolicy policy = resolve_mask_policy(state.mask_policy, state.protocol);
  if (is_raster_data(state.dir)) {
    const RasterReport report = check_rasters(state.dir, policy);
    std::fputs(printable_lines(report.text).c_str(), stdout);
    return report.usable ? kExitDone : kExitFailed;
  }
  const DataReport report = check_data(state.dir, threads, policy);
  std::fputs(printable_lines(report.str()).c_str(), stdout);
  return report.usable() ? kExitDone : kExitFailed;
}

}  // namespace

void add_check_data(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  CLI::App& command =
      add_command(app, "check-data",
                  "Counts, sizes, unpaired and unreadable files, class pixels, stray colours.",
                  action, [state] { return run(*state); });
  add_argument(command, "DIR", &state->dir,
               "Folder in DeepGlobe's layout, or a folder or a list of rasters");
  add_protocol(state->settings, &state->protocol);
  add_mask_policy(state->settings, &state->mask_policy);
  add_threads(state->settings, &state->threads);
  state->settings.add_flags(command);
}

}  // namespace fpanet
