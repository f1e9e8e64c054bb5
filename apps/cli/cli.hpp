#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/cli/exit_codes.hpp"

// Its header costs every file that includes it seconds of compilation, so only cli.cpp and
// settings.cpp do.
namespace CLI {
class App;
}

namespace fpanet {

/// A command line with --help, which ends in `examples` (commands, one a line), and --version.
std::shared_ptr<CLI::App> make_app(const std::string& program, const std::string& summary,
                                   const std::string& examples);

/// What a subcommand does; the result is the exit code.
using Action = std::function<int()>;

/// Adds a subcommand. When the command line chooses it, `action` becomes `body`.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      Action& action, Action body);
/// Adds a subcommand that is a group of others.
CLI::App& add_group(CLI::App& app, const std::string& name, const std::string& summary);
/// Adds a required argument without a flag.
void add_argument(CLI::App& app, const std::string& name, std::string* value,
                  const std::string& help);

/// From now on the help of every subcommand ends in those of the program's examples that call it,
/// and the command line has to choose one.
void require_command(CLI::App& app, const std::string& examples);

/// Parses the command line, calls `body` and returns its exit code. --help and --version go to
/// stdout. What goes wrong becomes one line on stderr, "program: message": UsageError and what the
/// parser refuses give kExitUsage, every other exception kExitFailed.
int run_main(CLI::App& app, int argc, const char* const* argv, const Action& body);

}  // namespace fpanet
