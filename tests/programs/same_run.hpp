#pragma once
// Compares the files that two training runs left.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/programs/run_program.hpp"

namespace fpanet::test {

/// metrics.csv without the columns that measure time.
inline std::string timeless(const std::string& csv) {
  std::string kept;
  std::size_t line_begin = 0;
  while (line_begin < csv.size()) {
    const std::size_t line_end = csv.find('\n', line_begin);
    std::string line = csv.substr(line_begin, line_end - line_begin);
    for (int column = 0; column < 3; ++column) line.resize(line.rfind(','));
    kept += line + '\n';
    line_begin = line_end + 1;
  }
  return kept;
}

inline void check_same_run(const std::filesystem::path& a, const std::filesystem::path& b) {
  for (const char* file : {"checkpoints/last.safetensors", "checkpoints/best.safetensors",
                           "checkpoints/training_state.safetensors", "steps.csv", "split.csv"}) {
    CAPTURE(file);
    CHECK(!contents(a / file).empty());
    CHECK((contents(a / file) == contents(b / file)));
  }
  CHECK(timeless(contents(a / "metrics.csv")) == timeless(contents(b / "metrics.csv")));
}

}  // namespace fpanet::test
