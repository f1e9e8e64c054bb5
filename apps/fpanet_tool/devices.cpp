#include <fmt/core.h>

#include "apps/common/cli.hpp"
#include "apps/common/environment.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "engine/core/device.hpp"

namespace fpanet {

namespace {

int run() {
  fmt::print("{}\n", environment_line(default_threads()));
  fmt::print("cpu    precisions fp32, fp64; {} threads\n", default_threads());
  fmt::print("cuda   not in this build\n");
  return kExitDone;
}

}  // namespace

void add_devices(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("devices", "What this build and this machine can use.");
  command->callback([&action] { action = run; });
}

}  // namespace fpanet
