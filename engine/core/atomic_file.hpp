#pragma once
// A file that appears under its final name only once it is complete.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace fpanet {

/// Writes to a temporary file next to `path`; commit() flushes it to disk and renames it to `path`.
/// Without a commit the destructor removes the temporary file. Every failure throws an Error that
/// names the file.
///
/// A symbolic link is followed and stays: the file that it names is replaced. A replaced file keeps
/// its permissions. What is no regular file (a device, a FIFO) or is this process's standard output
/// or error cannot be replaced, so it is written to directly.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  std::size_t written() const { return written_; }
  void commit();

 private:
  bool replaces() const { return !temporary_.empty(); }

  std::filesystem::path path_;       ///< as given, for messages
  std::filesystem::path target_;     ///< the file that is replaced
  std::filesystem::path temporary_;  ///< empty if the target is written to directly
  int fd_ = -1;
  std::size_t written_ = 0;
};

/// A new name for a temporary file beside `path`: "PATH.tmp-<pid>-<count>".
std::filesystem::path temporary_beside(const std::filesystem::path& path);

/// Flushes the complete file `temporary` to disk and renames it to `path`. Throws an Error that names `path`.
void move_into_place(const std::filesystem::path& temporary, const std::filesystem::path& path);

/// Removes the temporary files that killed processes left in `folder`: those that are at least
/// `age` old. With an age of 0, no process may be writing to the folder at the time.
void remove_unfinished(const std::filesystem::path& folder, std::chrono::seconds age = {});

}  // namespace fpanet
