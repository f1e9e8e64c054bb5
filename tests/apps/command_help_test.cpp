// Manual pages and completions, made of a help that has everything a program's can have.

#include "apps/cli/command_help.hpp"

#include <doctest/doctest.h>

namespace fpanet {
namespace {

CommandHelp tool() {
  const OptionHelp help{.flags = "-h,--help", .help = "Print this help and exit"};
  return {
      .name = "tool",
      .summary = "Does it.",
      .examples = {"tool draw --out a.png"},
      .options = {help},
      .commands = {
          {.name = "draw",
           .summary = "Draws: it's [quick].",
           .options = {help,
                       {.flags = "--out",
                        .value = "FILE|none",
                        .accepted = "a file",
                        .help = ".png \\ or none"}}},
          {.name = "files",
           .summary = "Group.",
           .commands = {
               {.name = "list",
                .summary = "Lists.",
                .options = {
                    {.flags = "FILE", .value = "FILE", .help = "what", .positional = true}}}}}}};
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("'" << part << "' is not in:\n" << text);
  return found;
}

}  // namespace

TEST_CASE("completions are the words and files that a placeholder names") {
  CHECK(completions_of("train|infer").words == std::vector<std::string>{"train", "infer"});
  CHECK(completions_of("FILE|none").words == std::vector<std::string>{"none"});
  CHECK(completions_of("FILE|none").files);
  CHECK(completions_of("DIR|FILE.csv|synthetic[:COUNT]").words ==
        std::vector<std::string>{"synthetic"});
  CHECK(completions_of("FILE.csv").files);
  CHECK(completions_of("N|HxW|native").words == std::vector<std::string>{"native"});
  CHECK_FALSE(completions_of("N").files);
  CHECK(completions_of("N").words.empty());
}

TEST_CASE("a manual page has every command, with its text safe from roff") {
  const std::string page = manual_page(tool(), "1.2");
  CHECK(page.starts_with(".TH TOOL 1 \"\" \"fpanet 1.2\""));
  CHECK(has(page, "tool \\- Does it\n"));
  CHECK(has(page, "\\fBtool files list\\fR \\fIFILE\\fR [\\fIoptions\\fR]"));
  CHECK(has(page, ".SS draw\n"));
  CHECK(
      has(page, "\\fB\\-\\-out\\fR \\fIFILE|none\\fR\n\\&.png \\e or none\n.br\nAccepts a file."));
  CHECK(has(page, "tool draw \\-\\-out a.png\n"));
}

TEST_CASE("completions of shells know commands, flags and values") {
  const std::string bash = bash_completion(tool());
  CHECK(has(bash, "case \"$next\" in 'draw'|'files'|'files list')"));
  CHECK(has(bash, "'draw --out') offer 'none' files; return ;;"));
  CHECK(has(bash, "'') offer '-h --help draw files' '' ;;"));
  CHECK(has(bash, "'files list') offer '' files ;;"));
  const std::string zsh = zsh_completion(tool());
  CHECK(zsh.starts_with("#compdef tool\n"));
  CHECK(has(zsh, "'draw:Draws\\: it'\\''s \\[quick\\].'"));
  CHECK(has(zsh, "'--out[.png \\\\ or none]:FILE|none:_files'"));
  CHECK(has(zsh, "_tool_files_list() {\n  _arguments \\\n    ':FILE:_files'"));
}

}  // namespace fpanet
