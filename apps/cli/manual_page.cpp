#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "apps/cli/command_help.hpp"

namespace fpanet {

namespace {

/// Text as roff reads it: hyphens stay hyphens, and nothing is a request or an escape.
std::string as_roff(std::string_view text) {
  std::string escaped;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) escaped += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void add_option(const OptionHelp& option, std::string& page) {
  page += ".TP\n";
  page += option.positional ? fmt::format("\\fI{}\\fR\n", as_roff(option.flags))
                            : fmt::format("\\fB{}\\fR", as_roff(option.flags));
  if (!option.positional) {
    page += option.value.empty() ? "\n" : fmt::format(" \\fI{}\\fR\n", as_roff(option.value));
  }
  page += as_roff(option.help) + "\n";
  if (!option.accepted.empty() && !option.value.empty()) {
    page += fmt::format(".br\nAccepts {}.\n", as_roff(option.accepted));
  }
}

void add_synopsis(const CommandHelp& command, const std::string& name, std::string& page) {
  if (!command.commands.empty()) {
    for (const CommandHelp& child : command.commands) {
      add_synopsis(child, name + " " + child.name, page);
    }
    return;
  }
  page += fmt::format("\\fB{}\\fR", as_roff(name));
  for (const OptionHelp& option : command.options) {
    if (option.positional) page += fmt::format(" \\fI{}\\fR", as_roff(option.flags));
  }
  page += " [\\fIoptions\\fR]\n.br\n";
}

void add_commands(const CommandHelp& command, const std::string& name, std::string& page) {
  for (const CommandHelp& child : command.commands) {
    const std::string full = name.empty() ? child.name : name + " " + child.name;
    if (child.commands.empty()) {
      page += fmt::format(".SS {}\n{}\n", as_roff(full), as_roff(child.summary));
      for (const OptionHelp& option : child.options) {
        if (option.flags.find("--help") == std::string::npos) add_option(option, page);
      }
    }
    add_commands(child, full, page);
  }
}

}  // namespace

std::string manual_page(const CommandHelp& program, std::string_view version) {
  std::string title = program.name;
  std::ranges::transform(title, title.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string summary = program.summary;
  if (summary.ends_with('.')) summary.pop_back();
  std::string page = fmt::format(
      ".TH {} 1 \"\" \"fpanet {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", title,
      version, as_roff(program.name), as_roff(summary));
  add_synopsis(program, program.name, page);
  if (!program.commands.empty()) page += ".SH COMMANDS\n";
  add_commands(program, "", page);
  page += ".SH OPTIONS\n";
  for (const OptionHelp& option : program.options) add_option(option, page);
  page +=
      ".SH EXIT STATUS\n"
      "0 done, 1 failed while running, 2 wrong usage, 130 interrupted after saving.\n"
      ".SH EXAMPLES\n.nf\n";
  for (const std::string& example : program.examples) page += as_roff(example) + "\n";
  return page + ".fi\n";
}

}  // namespace fpanet
