#pragma once
// Writes a zip archive of uncompressed members whose data begin at multiples of 64 bytes, as
// torch.save does, so that readers can map tensors in place.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/atomic_file.hpp"

namespace fpanet {

class ZipWriter {
 public:
  /// The file appears as `path` on finish(). Failures throw an Error that names it. The archive can
  /// have at most 4 GiB and 65534 members, because zip64 is not written.
  explicit ZipWriter(const std::filesystem::path& path) : path_(path), file_(path) {}

  void add(const std::string& member, std::span<const std::byte> data);
  void add(const std::string& member, std::string_view text);
  void finish();

 private:
  struct Row {
    std::string member;
    std::uint32_t crc, size, header;
  };

  std::uint32_t checked_size(std::size_t bytes) const;

  std::filesystem::path path_;
  AtomicFile file_;
  std::vector<Row> rows_;
};

}  // namespace fpanet
