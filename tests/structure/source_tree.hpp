#pragma once
// The files of the repository for the structure tests. Paths start at the root and use slashes.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fpanet::test {

inline std::string read_source(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(FPANET_SOURCE) / path).rdbuf();
  return text.str();
}

/// True for folders without sources of this project: hidden ones and those that .gitignore lists.
inline bool is_foreign_folder(const std::string& name, bool at_root) {
  static const std::set<std::string> kAtRoot = {"runs", "third_party", "demo"};
  return name.starts_with('.') || name == "__pycache__" ||
         (at_root && (name.starts_with("build") || kAtRoot.contains(name)));
}

/// The sorted paths of all files below `folder`; "" means the whole repository.
inline std::vector<std::string> files_below(const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path root = FPANET_SOURCE;
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator entry(root / folder), end; entry != end; ++entry) {
    if (entry->is_directory()) {
      const bool at_root = folder.empty() && entry.depth() == 0;
      if (is_foreign_folder(entry->path().filename().string(), at_root)) {
        entry.disable_recursion_pending();
      }
    } else {
      files.push_back(fs::relative(entry->path(), root).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

inline std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// "cpp" for "kernels/relu.cpp"; "" for a name without a dot.
inline std::string suffix(const std::string& path) {
  const std::string name = file_name(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(dot + 1);
}

/// The file name without its suffix.
inline std::string stem(const std::string& path) {
  const std::string name = file_name(path);
  return name.substr(0, name.rfind('.'));
}

inline bool is_cpp_or_cuda(const std::string& path) {
  static const std::set<std::string> kSuffixes = {"cpp", "hpp", "cu", "cuh"};
  return kSuffixes.contains(suffix(path));
}

/// The names of all ops: "relu" because kernels/relu.hpp has a kernels/relu.cpp or kernels/relu.cu
/// beside it.
inline std::set<std::string> op_stems() {
  namespace fs = std::filesystem;
  const fs::path kernels = fs::path(FPANET_SOURCE) / "kernels";
  std::set<std::string> stems;
  for (const auto& entry : fs::directory_iterator(kernels)) {
    if (entry.path().extension() != ".hpp") continue;
    const fs::path beside = kernels / entry.path().stem();
    if (fs::exists(beside.string() + ".cpp") || fs::exists(beside.string() + ".cu")) {
      stems.insert(entry.path().stem().string());
    }
  }
  return stems;
}

/// The longest of `stems` that is all of `name` or is followed by '_' in it; "" if there is none.
inline std::string op_stem_of(const std::string& name, const std::set<std::string>& stems) {
  std::string longest;
  for (const std::string& op : stems) {
    if ((name == op || name.starts_with(op + "_")) && op.size() > longest.size()) longest = op;
  }
  return longest;
}

/// The folders of kernels/ that several ops share. Every other folder is named after its op.
inline const std::set<std::string>& shared_kernel_rooms() {
  static const std::set<std::string> rooms = {"base", "cuda", "cudnn", "gemm", "naive", "simd"};
  return rooms;
}

}  // namespace fpanet::test
