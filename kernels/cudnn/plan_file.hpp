#pragma once
// Choices of engines that persist after the process ends: measuring takes a minute for the whole
// network.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "kernels/cudnn/plan.hpp"

namespace fpanet::kernels {

/// One JSON file per GPU and version of cuDNN, in the user's cache folder. A file that cannot be
/// read, is damaged or has another identity is ignored with a message on stderr, and choices are
/// measured again. If the file cannot be written, a message is printed and the run continues.
/// Several processes may use one file: what another has added meanwhile is kept.
class PlanFile {
 public:
  struct Entry {
    EngineChoice choice;
    bool fused = true;          ///< the epilogue is part of the graph
    double microseconds = 0;    ///< measured time
    std::string compiled = {};  ///< ConvolutionPlan::compiled_text()
  };

  /// `identity` distinguishes GPUs and versions: "NVIDIA H100 80GB HBM3, cuDNN 91900". With an
  /// empty path everything is only kept in memory.
  PlanFile(std::filesystem::path path, std::string identity);
  PlanFile(PlanFile&&) = default;
  ~PlanFile() { flush(); }

  const Entry* find(const std::string& problem) const;
  /// Adds an entry, which the next flush() writes.
  void add(const std::string& problem, Entry entry);
  /// Writes the file if entries were added.
  void flush();

 private:
  using Entries = std::map<std::string, Entry>;

  /// The entries in the file; none if it is missing or not usable.
  Entries read() const;
  void write(const Entries& entries);

  std::filesystem::path path_;
  std::string identity_;
  Entries entries_;
  std::set<std::string> added_;  ///< problems that the file does not have yet
  bool writable_ = true;
};

/// The file for an identity, in $XDG_CACHE_HOME/fpanet/cudnn/ or else ~/.cache/fpanet/cudnn/. Empty
/// if neither variable is set.
std::filesystem::path plan_file_path(const std::string& identity);

}  // namespace fpanet::kernels
