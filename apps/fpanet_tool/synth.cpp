#include "apps/cli/cli.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "data/synth_raster.hpp"
#include "engine/core/device.hpp"

namespace fpanet {

namespace {

struct State {
  std::string out;
  std::int64_t count = 64;
  ImageSize size{320, 320};
  std::int64_t seed = 42;
  std::int64_t bands = 3;
  std::string type = "u8";
  bool geotiff = false;
  std::int64_t threads = 0;
  Settings settings;
};

int run(const State& state) {
  state.settings.check_required();
  if (state.size.native()) usage_fail("--size native: generated scenes need a number or HxW");
  const int threads = state.threads > 0 ? static_cast<int>(state.threads) : default_threads();
  const auto write = state.geotiff ? write_synthetic_rasters : write_synthetic_folder;
  write(state.out, state.count, state.size, static_cast<std::uint64_t>(state.seed), threads,
        {state.bands, state.type == "u16" ? DType::u16 : DType::u8});
  fmt::print("{} scenes of {} in {}\n", state.count, state.size.str(), state.out);
  return kExitDone;
}

}  // namespace

void add_synth(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  Settings& settings = state->settings;
  settings.text("out", "DIR", &state->out, "a folder; created if missing", "Where the scenes go")
      .required = true;
  settings.integer("count", &state->count, 1, 1'000'000, "Number of scenes");
  settings.image_size("size", &state->size, "Height and width");
  settings.flag("geotiff", &state->geotiff,
                "Write georeferenced rasters of any size: ID_sat.tif, and ID_mask.tif with class\n"
                "indices");
  settings.integer("seed", &state->seed, 0, 4294967295, "Seed of the series");
  settings.integer(
      "bands", &state->bands, 1, kSynthBands,
      "Bands: red, green, blue, near infrared. Pictures of other than 3 bands of u8\nare PNG");
  settings.choice("type", &state->type, {"u8", "u16"},
                  "Type of the samples; those of u16 go up to 4095, as of a 12-bit sensor");
  add_threads(settings, &state->threads);
  settings.add_flags(add_command(
      app, "synth", "Writes realistic synthetic land cover in DeepGlobe's folder layout.", action,
      [state] { return run(*state); }));
}

}  // namespace fpanet
