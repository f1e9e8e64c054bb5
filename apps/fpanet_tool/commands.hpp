#pragma once
// The subcommands of fpanet_tool, one file each. add_X registers a subcommand. If the command line
// selects it, `action` is set to the function that runs it and returns the exit code.

#include "apps/cli/cli.hpp"

namespace fpanet {

void add_summary(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_weights(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_gradcheck(CLI::App& app, Action& action);
void add_check_data(CLI::App& app, Action& action);
void add_prepare(CLI::App& app, Action& action);
void add_synth(CLI::App& app, Action& action);
void add_devices(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);

}  // namespace fpanet
