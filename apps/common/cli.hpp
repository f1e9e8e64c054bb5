#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "apps/common/exit_codes.hpp"

namespace fpanet {

/// A command line with --help, which ends in `examples` (commands, one a line), and --version.
std::unique_ptr<CLI::App> make_app(const std::string& program, const std::string& summary,
                                   const std::string& examples);

/// Parses the command line, calls `body` and returns its exit code. --help and --version go to
/// stdout. What goes wrong becomes one line on stderr, "program: message": UsageError and what the
/// parser refuses give kExitUsage, every other exception kExitFailed.
int run_main(CLI::App& app, int argc, const char* const* argv, const std::function<int()>& body);

}  // namespace fpanet
