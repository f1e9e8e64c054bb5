#pragma once
// A file that appears under its name complete or not at all.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace fpanet {

/// Writes into a temporary file beside `path`; commit() flushes it to the disk and renames it.
/// Without a commit nothing is left behind. Every failure throws Error naming the file.
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

/// Removes what processes that were killed while writing have left in the folder, which nobody may
/// be writing to now.
void remove_unfinished(const std::filesystem::path& folder);

}  // namespace fpanet
