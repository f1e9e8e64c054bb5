#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "apps/cli/command_help.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

namespace {

std::vector<std::string> split_at(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = std::min(text.find(at), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Text between single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

/// A description in a specification of zsh's _arguments or _describe.
std::string zsh_described(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

/// The names after which subcommands begin: "summary", "weights", "weights list".
void add_paths(const CommandHelp& command, const std::string& path,
               std::vector<std::string>& paths) {
  for (const CommandHelp& child : command.commands) {
    const std::string full = path.empty() ? child.name : path + " " + child.name;
    paths.push_back(full);
    add_paths(child, full, paths);
  }
}

/// The cases of bash that complete the value of a flag, and those that complete a flag or command.
struct Cases {
  std::string values, names;
};

void add_cases(const CommandHelp& command, const std::string& path, Cases& cases) {
  std::vector<std::string> names;
  bool files = false;
  for (const OptionHelp& option : command.options) {
    if (option.positional) {
      files = true;
      continue;
    }
    for (const std::string& flag : flag_names(option)) {
      names.push_back(flag);
      if (option.value.empty()) continue;
      const Completions value = completions_of(option.value);
      cases.values +=
          fmt::format("    {}) offer {} {}; return ;;\n", shell_quoted(path + " " + flag),
                      shell_quoted(join(value.words, " ")), value.files ? "files" : "''");
    }
  }
  for (const CommandHelp& child : command.commands) names.push_back(child.name);
  cases.names += fmt::format("    {}) offer {} {} ;;\n", shell_quoted(path),
                             shell_quoted(join(names, " ")), files ? "files" : "''");
  for (const CommandHelp& child : command.commands) {
    add_cases(child, path.empty() ? child.name : path + " " + child.name, cases);
  }
}

void add_zsh_function(const CommandHelp& command, const std::string& function, std::string& text) {
  for (const CommandHelp& child : command.commands) {
    add_zsh_function(child, function + "_" + child.name, text);
  }
  std::string specifications;
  for (const OptionHelp& option : command.options) {
    std::string value;
    if (!option.value.empty() || option.positional) {
      const Completions known = option.positional ? Completions{.words = {}, .files = true}
                                                  : completions_of(option.value);
      value = fmt::format(":{}:", zsh_described(option.positional ? option.flags : option.value));
      if (known.files) {
        value += "_files";
      } else if (!known.words.empty()) {
        value += fmt::format("({})", join(known.words, " "));
      }
    }
    if (option.positional) {
      specifications += fmt::format(" \\\n    {}", shell_quoted(value));
      continue;
    }
    for (const std::string& flag : flag_names(option)) {
      specifications += fmt::format(
          " \\\n    {}",
          shell_quoted(fmt::format("{}[{}]{}", flag, zsh_described(option.help), value)));
    }
  }
  text += fmt::format("{}() {{\n", function);
  if (command.commands.empty()) {
    text += fmt::format("  _arguments{}\n}}\n\n", specifications);
    return;
  }
  std::string commands, cases;
  for (const CommandHelp& child : command.commands) {
    commands += fmt::format(" \\\n      {}", shell_quoted(zsh_described(child.name) + ":" +
                                                          zsh_described(child.summary)));
    cases += fmt::format("    {}) {}_{} ;;\n", child.name, function, child.name);
  }
  text += fmt::format(
      "  if (( CURRENT == 2 )); then\n    local -a commands=({})\n    _describe command commands\n"
      "    _arguments{}\n    return\n  fi\n  shift words\n  (( CURRENT-- ))\n"
      "  case $words[1] in\n{}  esac\n}}\n\n",
      commands, specifications, cases);
}

}  // namespace

std::vector<std::string> flag_names(const OptionHelp& option) {
  std::vector<std::string> names;
  for (const std::string& name : split_at(option.flags, ',')) {
    if (name.starts_with('-')) names.push_back(name);
  }
  return names;
}

Completions completions_of(std::string_view placeholder) {
  static const std::set<std::string> kFiles = {"FILE", "DIR", "RUN", "PATH", "RASTER"};
  Completions completions;
  for (const std::string& part : split_at(placeholder, '|')) {
    const std::string word = part.substr(0, part.find('['));
    const bool lower = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
      return std::islower(c) || std::isdigit(c) || c == '-' || c == '_';
    });
    if (lower) completions.words.push_back(word);
    if (kFiles.contains(part.substr(0, part.find('.')))) completions.files = true;
  }
  return completions;
}

std::string bash_completion(const CommandHelp& program) {
  Cases cases;
  add_cases(program, "", cases);
  std::vector<std::string> paths;
  add_paths(program, "", paths);
  std::string chosen;
  if (!paths.empty()) {
    for (std::string& path : paths) path = shell_quoted(path);
    chosen = fmt::format(
        "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "    next=\"${{command:+$command }}${{COMP_WORDS[i]}}\"\n"
        "    case \"$next\" in {}) command=$next ;; esac\n  done\n",
        join(paths, "|"));
  }
  return fmt::format(
      "# Completion of {0} in bash.\n"
      "_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= next "
      "i\n"
      "  offer() {{\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\")\n"
      "    if [[ $2 == files ]]; then\n"
      "      local -a files\n"
      "      mapfile -t files < <(compgen -f -- \"$word\")\n"
      "      COMPREPLY+=(\"${{files[@]}}\")\n"
      "      compopt -o filenames 2>/dev/null\n"
      "    fi\n"
      "  }}\n"
      "{1}  case \"$command $before\" in\n{2}  esac\n"
      "  case \"$command\" in\n{3}  esac\n"
      "}}\n"
      "complete -F _{0} {0}\n",
      program.name, chosen, cases.values, cases.names);
}

std::string zsh_completion(const CommandHelp& program) {
  std::string text = fmt::format("#compdef {0}\n# Completion of {0} in zsh.\n\n", program.name);
  add_zsh_function(program, "_" + program.name, text);
  return text + fmt::format("_{} \"$@\"\n", program.name);
}

}  // namespace fpanet
