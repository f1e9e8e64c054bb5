#pragma once
// A program's help as data, and what is made of it for a package: a manual page and the completions
// of shells.

#include <string>
#include <string_view>
#include <vector>

namespace fpanet {

struct OptionHelp {
  std::string flags;          ///< "-h,--help", or the name of a positional argument
  std::string value = {};     ///< the placeholder of the value, "train|infer"; empty: takes none
  std::string accepted = {};  ///< "an integer from 1 to 4096"; may be empty
  std::string help;
  bool positional = false;
};

/// A program or one of its subcommands.
struct CommandHelp {
  std::string name, summary;
  std::vector<std::string> examples = {};  ///< command lines
  std::vector<OptionHelp> options = {};
  std::vector<CommandHelp> commands = {};
};

/// A page of section 1 in the man macros of roff.
std::string manual_page(const CommandHelp& program, std::string_view version);

/// Scripts that complete commands, flags, and values that are words or files: to be sourced by bash,
/// or to lie in a folder of zsh's fpath as _PROGRAM.
std::string bash_completion(const CommandHelp& program);
std::string zsh_completion(const CommandHelp& program);

/// What can stand for a value, by its placeholder: "train" and "infer" of "train|infer"; files of
/// "FILE|none", besides "none"; nothing that a shell could know of "N".
struct Completions {
  std::vector<std::string> words;
  bool files = false;
};
Completions completions_of(std::string_view placeholder);

/// The names in "-h,--help" that begin with a hyphen.
std::vector<std::string> flag_names(const OptionHelp& option);

}  // namespace fpanet
