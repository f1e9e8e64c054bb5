#pragma once
// Golden files: small ones are in tests/data/goldens, larger ones lie beside the repository in
// ../shared/goldens where there is such a folder.

#include <filesystem>
#include <optional>
#include <string>

namespace fpanet::test {

/// The larger original if it is at hand, else the repository's copy, else nothing.
inline std::optional<std::filesystem::path> golden_path(const std::string& name) {
  const std::filesystem::path data = FPANET_TEST_DATA;
  for (const auto& folder : {data / ".." / ".." / ".." / "shared" / "goldens", data / "goldens"}) {
    if (std::filesystem::exists(folder / name)) return (folder / name).lexically_normal();
  }
  return std::nullopt;
}

}  // namespace fpanet::test
