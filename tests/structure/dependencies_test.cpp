// Dependencies point one way: between the top-level folders, and between the rooms inside them.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace fs = std::filesystem;

namespace {

using Allowed = std::map<std::string, std::set<std::string>>;

/// What each folder may include, itself aside.
const Allowed kAllowed = {
    {"engine", {}},
    {"kernels", {"engine"}},
    {"layers", {"engine", "kernels"}},
    {"models", {"engine", "kernels", "layers"}},
    {"data", {"engine"}},
    {"apps", {"engine", "kernels", "layers", "models", "data"}},
    {"examples", {"engine", "kernels", "layers", "models", "data"}},
};

/// Inside the engine, too: core knows nothing of graphs, graphs nothing of files.
const Allowed kEngineAllowed = {
    {"core", {}},          {"distributed", {"core"}},
    {"graph", {"core"}},   {"optim", {"core", "graph"}},
    {"weights", {"core"}},
};

/// Inside engine/weights, the files at the top are of two kinds: parts that every format uses, and
/// entrances, which choose a format. Formats must not include entrances. PyTorch's files contain
/// pickles, and a model in ONNX carries the metadata of a safetensors file.
const Allowed kWeightsAllowed = {
    {"parts", {}},
    {"pickle", {"parts"}},
    {"safetensors", {"parts"}},
    {"torch", {"parts", "pickle"}},
    {"onnx", {"parts", "safetensors"}},
    {"entrances", {"parts", "safetensors", "torch"}},
};
const std::set<std::string> kWeightsEntrances = {"match_weights", "shards", "weights_file",
                                                 "write_weights"};

/// Inside kernels, shared rooms must not include ops, which are the files at the top and the
/// folders named after an op. Exceptions: cudnn implements convolutions, stubs replace the CUDA
/// halves of all ops, and naive defines what ops compute. Only tests include naive.
const Allowed kKernelsAllowed = {
    {"simd", {}},
    {"base", {}},
    {"gemm", {"simd", "base"}},
    {"cuda", {"base"}},
    {"ops", {"simd", "base", "gemm", "cuda", "cudnn"}},
    {"cudnn", {"base", "ops"}},
    {"naive", {"ops"}},
    {"stubs", {"ops"}},
};

/// Inside apps, programs use the shared folders but not each other. Reports show the metrics of
/// training.
const std::set<std::string> kAppsShared = {"cli", "prediction", "training", "report"};
const Allowed kAppsAllowed = {
    {"cli", {}},
    {"prediction", {}},
    {"training", {"cli", "prediction"}},
    {"report", {"cli", "prediction", "training"}},
    {"fpanet_train", kAppsShared},
    {"fpanet_eval", kAppsShared},
    {"fpanet_predict", kAppsShared},
    {"fpanet_tool", kAppsShared},
};

struct Include {
  std::string file, target;
  bool quoted = false;  ///< "..." rather than <...>
};

std::vector<Include> includes_of(const std::string& folder) {
  static const std::regex kInclude("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"].*");
  std::vector<Include> includes;
  for (const std::string& path : fpanet::test::files_below(folder)) {
    if (!fpanet::test::is_cpp_or_cuda(path)) continue;
    std::ifstream file(fs::path(FPANET_SOURCE) / path);
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (line.find("include") == std::string::npos) continue;
      if (std::regex_match(line, match, kInclude)) {
        includes.push_back({path, match[2], match[1] == "\""});
      }
    }
  }
  return includes;
}

std::string first_part(const std::string& path) {
  return path.substr(0, path.find('/'));
}

/// The first folder of `path` below `folder`, or `top` for a file directly in `folder`.
std::string room_below(const std::string& folder, const std::string& path, const std::string& top) {
  const std::string rest = path.substr(folder.size() + 1);
  return rest.find('/') == std::string::npos ? top : first_part(rest);
}

std::string weights_room(const std::string& path) {
  const bool entrance = kWeightsEntrances.contains(fpanet::test::stem(path));
  return room_below("engine/weights", path, entrance ? "entrances" : "parts");
}

bool is_kernel_stub(const std::string& path) {
  const std::string stem = fpanet::test::stem(path);
  return stem.ends_with("_stub") || stem == "stubs" || stem.ends_with("_stubs");
}

std::string kernels_room(const std::string& path) {
  if (is_kernel_stub(path)) return "stubs";
  const std::string room = room_below("kernels", path, "ops");
  return fpanet::test::shared_kernel_rooms().contains(room) ? room : "ops";
}

/// Checks that files of `folder` include only files of their own room and of rooms that `allowed`
/// lists for it. room(path) returns the room of a file.
template <class Room>
void check_rooms(const std::string& folder, const Allowed& allowed, const Room& room) {
  int inside = 0;
  for (const Include& include : includes_of(folder)) {
    if (!include.target.starts_with(folder + "/")) continue;
    const std::string from = room(include.file), to = room(include.target);
    ++inside;
    CAPTURE(include.file);
    CAPTURE(include.target);
    REQUIRE(allowed.contains(from));
    CHECK((from == to || allowed.at(from).contains(to)));
  }
  CHECK(inside > 0);
}

/// Finds a circle in `edges`: text() is "a -> b -> a", or "" if there is none.
class Circle {
 public:
  explicit Circle(const Allowed& edges) : edges_(edges) {
    for (const auto& [from, to] : edges) visit(from);
  }
  const std::string& text() const { return text_; }

 private:
  void visit(const std::string& node) {
    if (!text_.empty() || done_.contains(node)) return;
    const auto again = std::find(path_.begin(), path_.end(), node);
    if (again != path_.end()) {
      for (auto at = again; at != path_.end(); ++at) text_ += *at + " -> ";
      text_ += node;
      return;
    }
    path_.push_back(node);
    const auto next = edges_.find(node);
    if (next != edges_.end()) {
      for (const std::string& to : next->second) visit(to);
    }
    path_.pop_back();
    done_.insert(node);
  }

  const Allowed& edges_;
  std::vector<std::string> path_;
  std::set<std::string> done_;
  std::string text_;
};

/// True for the files that may include CUDA's headers: device code and wrappers of CUDA libraries.
bool may_include_cuda(const std::string& path) {
  static const std::set<std::string> kSuffixes = {"cu", "cuh"};
  const std::string stem = fpanet::test::stem(path);
  return kSuffixes.contains(fpanet::test::suffix(path)) || path.starts_with("kernels/cudnn/") ||
         path.starts_with("kernels/cuda/launch.") || path.starts_with("engine/core/cuda_") ||
         stem.ends_with("_cudnn") || stem.ends_with("_cublas") || stem.ends_with("_nccl");
}

/// True for the files that may include CUDA's headers through headers of ours.
bool may_reach_cuda(const std::string& path) {
  return may_include_cuda(path) || path.starts_with("kernels/cuda/") || path.ends_with("_cuda.hpp");
}

bool is_cuda_header(const std::string& target) {
  static const std::regex kCuda("(cuda|cublas|cudnn|cufft|nccl)[A-Za-z_]*(\\.h|\\.hpp)");
  return std::regex_match(target, kCuda);
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
  check_rooms("engine", kEngineAllowed,
              [](const std::string& path) { return room_below("engine", path, "the top"); });
}

TEST_CASE("weight formats include shared parts and the formats that they contain") {
  check_rooms("engine/weights", kWeightsAllowed, weights_room);
}

TEST_CASE("rooms of kernels that ops share do not include ops") {
  check_rooms("kernels", kKernelsAllowed, kernels_room);
}

TEST_CASE("only wrappers of cuDNN include kernels/cudnn") {
  for (const auto& [folder, allowed] : kAllowed) {
    for (const Include& include : includes_of(folder)) {
      if (!include.target.starts_with("kernels/cudnn/")) continue;
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK((include.file.starts_with("kernels/cudnn/") || include.file.ends_with("_cudnn.cpp")));
    }
  }
}

TEST_CASE("includes between the folders of kernels form no circle") {
  Allowed edges;
  for (const Include& include : includes_of("kernels")) {
    if (!include.target.starts_with("kernels/") || is_kernel_stub(include.file)) continue;
    const std::string from = room_below("kernels", include.file, "");
    const std::string to = room_below("kernels", include.target, "");
    if (!from.empty() && !to.empty() && from != to) edges[from].insert(to);
  }
  CHECK(!edges.empty());
  CHECK(Circle(edges).text() == "");
}

TEST_CASE("the folders of apps include only what lies below them") {
  check_rooms("apps", kAppsAllowed,
              [](const std::string& path) { return room_below("apps", path, "the top"); });
}

TEST_CASE("includes between files form no circle") {
  Allowed edges;
  for (const auto& [folder, allowed] : kAllowed) {
    for (const Include& include : includes_of(folder)) edges[include.file].insert(include.target);
  }
  CHECK(Circle(edges).text() == "");
  CHECK(Circle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}).text() == "b -> c -> b");
}

TEST_CASE("the allowed dependencies form no circle") {
  for (const Allowed* const allowed :
       {&kAllowed, &kEngineAllowed, &kWeightsAllowed, &kAppsAllowed}) {
    CHECK(Circle(*allowed).text() == "");
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
  // Every file that includes a CUDA header, directly or through our headers, with what it includes.
  std::map<std::string, std::string> reaching;
  std::vector<Include> includes;
  for (const auto& [folder, allowed] : kAllowed) {
    for (const Include& include : includes_of(folder)) {
      includes.push_back(include);
      if (!is_cuda_header(include.target)) continue;
      reaching[include.file] = include.target;
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK(may_include_cuda(include.file));
    }
  }
  for (bool more = true; more;) {
    more = false;
    for (const Include& include : includes) {
      if (!reaching.contains(include.target)) continue;
      more = reaching.emplace(include.file, include.target).second || more;
    }
  }
  CHECK(reaching.size() > 30);
  for (const auto& one : reaching) {
    CAPTURE(one.first);
    CAPTURE(one.second);
    CHECK(may_reach_cuda(one.first));
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
