#pragma once
// A file that appears under its final name only once it is complete.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace fpanet {

/// Writes to a temporary file next to `path`; commit() flushes it to disk and renames it to `path`.
/// Without a commit the destructor removes the temporary file. Every failure throws an Error that
/// names the file.
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
  std::filesystem::path path_, temporary_;
  int fd_ = -1;
  std::size_t written_ = 0;
};

/// Removes the temporary files that killed processes left in `folder`. No process may be writing to
/// the folder at the time.
void remove_unfinished(const std::filesystem::path& folder);

}  // namespace fpanet
