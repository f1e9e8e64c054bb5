#pragma once

#include <filesystem>

namespace fpanet {

/// Holds a folder for this process: a file `lock` in it, locked with flock(2) and holding the
/// process id. The kernel drops the lock of a process that dies, so none is ever stale.
class FolderLock {
 public:
  /// Throws Error if another process holds it (the message names that process), or if the folder
  /// cannot be written to.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  static constexpr const char* kFileName = "lock";

 private:
  std::filesystem::path file_;
  int fd_ = -1;
};

}  // namespace fpanet
