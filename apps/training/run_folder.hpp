#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "apps/training/folder_lock.hpp"

namespace fpanet {

/// Where one training run keeps its files; held against other processes while the object lives.
class RunFolder {
 public:
  /// Makes `folder` with its parents; empty: the first free runs/<date>-<n>. Throws Error if it is
  /// there and not empty, or in use, or cannot be made.
  static RunFolder create(const std::filesystem::path& folder);
  /// Opens the folder of an earlier run. Throws Error if it holds no run to go on with, or is in
  /// use.
  static RunFolder resume(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path split() const { return path_ / "split.csv"; }
  std::filesystem::path metrics() const { return path_ / "metrics.csv"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path best_checkpoint() const { return best_checkpoint(path_); }
  std::filesystem::path last_checkpoint() const { return last_checkpoint(path_); }
  std::filesystem::path training_state() const { return training_state(path_); }

  static std::filesystem::path best_checkpoint(const std::filesystem::path& folder);
  static std::filesystem::path last_checkpoint(const std::filesystem::path& folder);
  /// Weights, optimizer and progress: what a resumed run needs.
  static std::filesystem::path training_state(const std::filesystem::path& folder);

 private:
  explicit RunFolder(std::filesystem::path folder);

  std::filesystem::path path_;
  std::unique_ptr<FolderLock> lock_;
};

/// The checkpoint that --checkpoint FILE|RUN names: the file itself, or the best of a run folder.
/// Throws Error if there is none.
std::filesystem::path find_checkpoint(const std::filesystem::path& file_or_run);

}  // namespace fpanet
