#include "apps/cli/cli.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <sstream>
#include <string_view>
#include <utility>

#include "apps/cli/command_help.hpp"
#include "apps/cli/failure.hpp"
#include "apps/cli/interrupt.hpp"
#include "apps/cli/standard_streams.hpp"
#include "apps/cli/usage_error.hpp"

namespace fpanet {
namespace {

constexpr std::size_t kHelpColumn = 36;

/// The option called `name` of the program or of the chosen subcommand.
const CLI::Option* find_option(const CLI::App& app, const std::string& name) {
  if (const auto* option = app.get_option_no_throw(name)) return option;
  for (const auto* subcommand : app.get_subcommands()) {
    if (const auto* option = find_option(*subcommand, name)) return option;
  }
  return nullptr;
}

/// The message for the parser's error. Replaces the parser's text if that does not state the
/// accepted values.
std::string message_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::string text = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !app.remaining().empty()) {
    return fmt::format("unexpected argument '{}'; {} --help lists what is accepted",
                       app.remaining().front(), app.get_name());
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string name = text.substr(0, text.find(':'));
    if (const auto* option = find_option(app, name)) {
      return fmt::format("{} {}: expected {}", name,
                         option->empty() ? "needs a value" : "is given more than once",
                         option->get_type_name());
    }
  }
  return fmt::format("{}; {} --help lists what is accepted", text, app.get_name());
}

std::string indented(const std::string& lines) {
  std::istringstream in(lines);
  std::string text;
  for (std::string line; std::getline(in, line);) text += fmt::format("  {}\n", line);
  return text;
}

int report(const CLI::App& app, std::string_view message, int exit_code) {
  print_error(app.get_name(), std::string(message));
  return exit_code;
}

void set_examples(CLI::App& app, const std::string& examples) {
  app.footer("Examples:\n" + indented(examples));
}

/// The lines that begin with the words of `command`.
std::string examples_of(const std::string& command, const std::string& examples) {
  std::istringstream in(examples);
  std::string text;
  for (std::string line; std::getline(in, line);) {
    if ((line + " ").starts_with(command + " ")) text += line + "\n";
  }
  return text;
}

void share_examples(CLI::App& app, const std::string& name, const std::string& examples) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    const std::string full = name + " " + command->get_name();
    set_examples(*command, examples_of(full, examples));
    share_examples(*command, full, examples);
  }
}

/// Ends the parsing of a command line that asks for a text.
struct Requested {
  std::string text;
};

CommandHelp help_of(const CLI::App& app) {
  CommandHelp help{.name = app.get_name(), .summary = app.get_description()};
  constexpr std::string_view kHeading = "Examples:\n";
  std::istringstream examples(app.get_footer());
  for (std::string line; std::getline(examples, line);) {
    if (line + "\n" != kHeading) help.examples.push_back(line.substr(line.find_first_not_of(' ')));
  }
  for (const CLI::Option* option : app.get_options()) {
    help.options.push_back(
        {.flags = option->get_name(),
         .value = option->get_expected_max() > 0 ? option->get_option_text() : "",
         .accepted = option->get_type_name(),
         .help = option->get_description(),
         .positional = option->get_positional()});
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    help.commands.push_back(help_of(*command));
  }
  return help;
}

/// Adds the flags that write the files of a package.
void add_package_flags(CLI::App& app) {
  app.add_flag_callback(
      "--man", [&app] { throw Requested{manual_page(help_of(app), FPANET_VERSION)}; },
      "Print the manual page and exit");
  const auto print_completion = [&app](const std::string& shell) {
    if (shell == "bash") throw Requested{bash_completion(help_of(app))};
    if (shell == "zsh") throw Requested{zsh_completion(help_of(app))};
    usage_fail("--completion {}: expected bash, zsh", shell);
  };
  app.add_option_function<std::string>("--completion", print_completion,
                                       "Print the shell's completion of this program and exit")
      ->type_name("bash, zsh")
      ->option_text("bash|zsh");
}

int run(CLI::App& app, int argc, const char* const* argv, const Action& body) {
  try {
    app.parse(argc, argv);
    return body();
  } catch (const Requested& requested) {
    std::cout << requested.text;
    return kExitDone;
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return report(app, message_of(app, error), kExitUsage);
  } catch (const std::exception&) {
    const Failure failure = failure_of(std::current_exception());
    return report(app, failure.message, failure.exit_code);
  }
}

}  // namespace

std::shared_ptr<CLI::App> make_app(const std::string& program, const std::string& summary,
                                   const std::string& examples) {
  auto app = std::make_shared<CLI::App>(summary, program);
  app->set_help_flag("-h,--help", "Print this help and exit");
  app->set_version_flag("--version", fmt::format("{} {}", program, FPANET_VERSION),
                        "Print the version and exit");
  add_package_flags(*app);
  set_examples(*app, examples);
  app->get_formatter()->column_width(kHelpColumn);
  return app;
}

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      Action& action, Action body) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->callback([&action, body = std::move(body)] { action = body; });
  return *command;
}

CLI::App& add_group(CLI::App& app, const std::string& name, const std::string& summary) {
  CLI::App* group = app.add_subcommand(name, summary);
  group->require_subcommand(1);
  return *group;
}

void add_argument(CLI::App& app, const std::string& name, std::string* value,
                  const std::string& help) {
  app.add_option(name, *value, help)->required();
}

void require_command(CLI::App& app, const std::string& examples) {
  app.require_subcommand(1);
  share_examples(app, app.get_name(), examples);
}

int run_main(CLI::App& app, int argc, const char* const* argv, const Action& body) {
  open_standard_streams();
  // A write beyond the file size limit, or to a pipe whose reader has gone, then fails with an error
  // instead of ending the process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  exit_on_interrupt();
  const int exit_code = run(app, argc, argv, body);
  // A full disk or a closed pipe may only cause an error when the last output is flushed.
  std::cout.flush();
  std::fflush(stdout);
  if (exit_code == kExitDone && (!std::cout || std::ferror(stdout) != 0)) {
    return report(app, "cannot write to the standard output", kExitFailed);
  }
  return exit_code;
}

}  // namespace fpanet
