// Dependencies between the top-level folders point one way.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

/// What each folder may include, itself aside.
const std::map<std::string, std::set<std::string>> kAllowed = {
    {"engine", {}},
    {"kernels", {"engine"}},
    {"layers", {"engine", "kernels"}},
    {"models", {"engine", "kernels", "layers"}},
    {"data", {"engine"}},
    {"apps", {"engine", "kernels", "layers", "models", "data"}},
};

/// Inside the engine, too: core knows nothing of graphs, graphs nothing of files.
const std::map<std::string, std::set<std::string>> kEngineAllowed = {
    {"core", {}},
    {"graph", {"core"}},
    {"optim", {"core", "graph"}},
    {"weights", {"core"}},
};

struct Include {
  std::string file, target;
  bool quoted = false;  ///< "..." rather than <...>
};

std::vector<Include> includes_of(const std::string& folder) {
  static const std::regex kInclude("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"].*");
  std::vector<Include> includes;
  const fs::path root = FPANET_SOURCE;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    static const std::set<std::string> kSources = {".cpp", ".hpp", ".cu", ".cuh"};
    if (!kSources.contains(entry.path().extension())) continue;
    std::ifstream file(entry.path());
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (std::regex_match(line, match, kInclude)) {
        includes.push_back({fs::relative(entry.path(), root).string(), match[2], match[1] == "\""});
      }
    }
  }
  return includes;
}

std::string first_part(const std::string& path) {
  return path.substr(0, path.find('/'));
}

}  // namespace

TEST_CASE("top-level folders include only what lies below them") {
  for (const auto& [folder, allowed] : kAllowed) {
    const std::vector<Include> includes = includes_of(folder);
    CHECK(!includes.empty());
    for (const Include& include : includes) {
      const std::string target = first_part(include.target);
      if (!kAllowed.contains(target) || target == folder) continue;
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK(allowed.contains(target));
    }
  }
}

TEST_CASE("the engine's folders include only what lies below them") {
  for (const auto& [folder, allowed] : kEngineAllowed) {
    for (const Include& include : includes_of("engine/" + folder)) {
      if (first_part(include.target) != "engine") continue;
      const std::string target = first_part(include.target.substr(std::string("engine/").size()));
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK((target == folder || allowed.contains(target)));
    }
  }
}

TEST_CASE("our headers are included from the root, and exist") {
  for (const auto& [folder, allowed] : kAllowed) {
    for (const Include& include : includes_of(folder)) {
      const bool ours = include.quoted || kAllowed.contains(first_part(include.target));
      if (!ours) continue;
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK(fs::exists(fs::path(FPANET_SOURCE) / include.target));
    }
  }
}

TEST_CASE("CUDA headers stay in device code and the library wrappers") {
  static const std::regex kCuda("(cuda|cublas|cudnn|cufft)[A-Za-z_]*(\\.h|\\.hpp).*");
  for (const auto& [folder, allowed] : kAllowed) {
    for (const Include& include : includes_of(folder)) {
      if (!std::regex_match(include.target, kCuda)) continue;
      const fs::path file(include.file);
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK((file.extension() == ".cu" || file.extension() == ".cuh" ||
             file.stem().string().starts_with("cuda") ||
             file.stem().string().starts_with("cudnn") ||
             file.stem().string().starts_with("cublas")));
    }
  }
}

TEST_CASE("library headers that take seconds to compile are included by few") {
  static const std::map<std::string, std::set<std::string>> kUsers = {
      {"CLI/CLI.hpp", {"apps/cli/cli.cpp", "apps/cli/settings.cpp"}},
      {"toml++/toml.h", {"apps/cli/settings_file.cpp"}},
      // fmt/core.h formats numbers and strings; engine/core/join.hpp joins.
      {"fmt/format.h", {}},
      {"fmt/ranges.h", {}},
      {"fmt/chrono.h", {}},
  };
  for (const auto& [folder, allowed] : kAllowed) {
    for (const Include& include : includes_of(folder)) {
      const auto heavy = kUsers.find(include.target);
      if (heavy == kUsers.end()) continue;
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK(heavy->second.contains(include.file));
    }
  }
}
