#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/training/folder_lock.hpp"
#include "data/class_table.hpp"

namespace fpanet {

/// The folder with the files of one training run. The object locks it against other processes, unless
/// it is made without_lock().
/// config.toml is the last file that a beginning run writes: a folder with it can be resumed.
class RunFolder {
 public:
  /// Creates `folder` and its parents; for an empty path, the first unused runs/<date>-<n>. The
  /// files of a run that died before it wrote its config.toml are removed. Throws Error if the
  /// folder contains anything else, is in use, or cannot be created.
  static RunFolder create(const std::filesystem::path& folder);
  /// Opens the folder of an earlier run. Throws Error if it contains no run that can be resumed, or
  /// is in use.
  static RunFolder resume(const std::filesystem::path& folder);
  /// The same paths without the lock, for the ranks of a run that only read.
  static RunFolder without_lock(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path split() const { return path_ / "split.csv"; }
  std::filesystem::path class_table() const { return path_ / "class_dict.csv"; }
  std::filesystem::path metrics() const { return path_ / "metrics.csv"; }
  std::filesystem::path steps() const { return path_ / "steps.csv"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path best_checkpoint() const { return best_checkpoint(path_); }
  std::filesystem::path last_checkpoint() const { return last_checkpoint(path_); }
  std::filesystem::path training_state() const { return training_state(path_); }

  /// The classes of the model: those of class_table(); of a run from before that file, those of its
  /// last or best checkpoint.
  std::optional<ClassTable> classes() const;

  static std::filesystem::path best_checkpoint(const std::filesystem::path& folder);
  static std::filesystem::path last_checkpoint(const std::filesystem::path& folder);
  /// Weights, optimizer state and progress, from which a run is resumed.
  static std::filesystem::path training_state(const std::filesystem::path& folder);

 private:
  explicit RunFolder(std::filesystem::path folder);
  RunFolder(std::filesystem::path folder, std::unique_ptr<FolderLock> lock);

  std::filesystem::path path_;
  std::unique_ptr<FolderLock> lock_;  // null without the lock
};

/// The checkpoint that --checkpoint FILE|RUN names: the file itself, the best checkpoint of a run
/// folder, else its last one, or the model in a folder of the Hugging Face Hub. Throws Error if there
/// is none.
std::filesystem::path find_checkpoint(const std::filesystem::path& file_or_run);

}  // namespace fpanet
