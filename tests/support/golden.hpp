#pragma once
// Golden files: small ones are in tests/data/goldens, larger ones lie beside the repository in
// ../shared/goldens and goldens2 where there are such folders.

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace fpanet::test {

/// A path that the build put into the test program, unless the environment variable `name` says
/// otherwise: programs that were built elsewhere are told where things lie.
inline std::filesystem::path place(const char* name, const char* built_in) {
  const char* told = std::getenv(name);
  return told != nullptr ? told : built_in;
}

/// ../shared beside the repository, whether it is there or not.
inline std::filesystem::path shared_folder() {
  return place("FPANET_SHARED", FPANET_TEST_DATA "/../../../shared");
}

/// The larger original if it is at hand, else the repository's copy, else nothing.
inline std::optional<std::filesystem::path> golden_path(const std::string& name) {
  const std::filesystem::path data = place("FPANET_TEST_DATA", FPANET_TEST_DATA);
  for (const auto& folder :
       {shared_folder() / "goldens", shared_folder() / "goldens2", data / "goldens"}) {
    if (std::filesystem::exists(folder / name)) return (folder / name).lexically_normal();
  }
  return std::nullopt;
}

}  // namespace fpanet::test
