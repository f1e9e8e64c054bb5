#pragma once
// Runs the built programs as a user does, and looks at what they leave behind.

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace fpanet::test {

/// Flags of a network that takes little to train and to save.
inline const std::string kSmallNetwork =
    "--encoder resnet18 --encoder-depth 3 --decoder-channels 16,8,8 ";

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// Whether the program wrote `text` to stderr.
inline bool says(const Outcome& outcome, const std::string& text) {
  return outcome.err.find(text) != std::string::npos;
}

/// `fpanet_NAME arguments...` through the shell, after the commands in `before`; `work` holds its
/// output meanwhile.
inline Outcome run_program(const ScratchFolder& work, const std::string& name,
                           const std::string& arguments, const std::string& before = "") {
  const std::string command = before + FPANET_PROGRAMS + "/fpanet_" + name + " " + arguments +
                              " > " + (work / "out.txt").string() + " 2> " +
                              (work / "err.txt").string();
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(work / "out.txt"),
          contents(work / "err.txt")};
}

}  // namespace fpanet::test
