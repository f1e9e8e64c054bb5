#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/cli/exit_codes.hpp"

// CLI11 is only declared here: its header adds seconds to the compilation of every file that
// includes it, so only cli.cpp and settings.cpp do.
namespace CLI {
class App;
}

namespace fpanet {

/// A command line with --version, --help, --man and --completion. The help ends with `examples`
/// (commands, one per line).
std::shared_ptr<CLI::App> make_app(const std::string& program, const std::string& summary,
                                   const std::string& examples);

/// The function that a subcommand runs; it returns the exit code.
using Action = std::function<int()>;

/// Adds a subcommand. If the command line chooses it, `action` is set to `body`.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      Action& action, Action body);
/// Adds a subcommand that is a group of other subcommands.
CLI::App& add_group(CLI::App& app, const std::string& name, const std::string& summary);
/// Adds a required argument without a flag.
void add_argument(CLI::App& app, const std::string& name, std::string* value,
                  const std::string& help);

/// Requires the command line to choose a subcommand. Call after adding all subcommands: the help of
/// each then ends with those of `examples` that call it.
void require_command(CLI::App& app, const std::string& examples);

/// Parses the command line, calls `body` and returns its exit code. --help and --version print to
/// stdout. Errors print one line to stderr, "program: message". UsageError and errors of the parser
/// give kExitUsage, all other exceptions kExitFailed.
int run_main(CLI::App& app, int argc, const char* const* argv, const Action& body);

}  // namespace fpanet
