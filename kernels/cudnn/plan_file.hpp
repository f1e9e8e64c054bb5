#pragma once
// Choices of engines that outlive the process: measuring takes a minute for the whole network.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "kernels/cudnn/plan.hpp"

namespace fpanet::kernels {

/// One JSON file per GPU and version of cuDNN, in the user's cache folder. A file that cannot be
/// read, is damaged or belongs to something else is put aside with a line on stderr: choices are
/// then measured again. So is one that cannot be written: the run goes on without.
class PlanFile {
 public:
  struct Entry {
    EngineChoice choice;
    bool fused = true;          ///< the epilogue is part of the graph
    double microseconds = 0;    ///< as measured
    std::string compiled = {};  ///< cuDNN's text of a plan that took compiling, or empty
  };

  /// `identity` tells GPUs and versions apart: "NVIDIA H100 80GB HBM3, cuDNN 91900".
  /// An empty path keeps everything in memory.
  PlanFile(std::filesystem::path path, std::string identity);

  const Entry* find(const std::string& problem) const;
  /// Remembers and writes the file.
  void add(const std::string& problem, Entry entry);

 private:
  void read();
  void write() const;

  std::filesystem::path path_;
  std::string identity_;
  std::map<std::string, Entry> entries_;
  mutable bool writable_ = true;
};

/// $XDG_CACHE_HOME/fpanet/cudnn/, else ~/.cache/fpanet/cudnn/: the file for an identity; empty when
/// there is neither.
std::filesystem::path plan_file_path(const std::string& identity);

}  // namespace fpanet::kernels
