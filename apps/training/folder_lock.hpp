#pragma once

#include <filesystem>

namespace fpanet {

/// Reserves a folder for this process. The folder contains a file `lock`, which stores the process
/// id and is locked with flock(2). The kernel releases the lock when the process dies, so a lock is
/// never stale.
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
