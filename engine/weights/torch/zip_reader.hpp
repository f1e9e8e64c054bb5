#pragma once
// Reads stored (uncompressed) members of a zip archive in memory through its central directory.
// Format: PKWARE APPNOTE 6.3, with zip64; data descriptors need no reading, the directory has it
// all.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/weights/bytes.hpp"

namespace fpanet {

class ZipReader {
 public:
  /// Reads the directory. Throws an Error that names `name` if the archive is damaged, has
  /// overlapping members or two members with the same name.
  ZipReader(Bytes file, std::string name);

  struct Member {
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0, size = 0;  ///< bytes in the file, bytes after unpacking
    std::uint64_t header = 0;            ///< position of the local header
    mutable bool checked = false;  ///< its CRC was right; checked once, however often it is read
  };
  const std::map<std::string_view, Member>& members() const { return members_; }
  bool contains(std::string_view member) const { return members_.contains(member); }

  /// A view of a member's data, whose CRC is checked when it is read first. Throws Error if the member is absent,
  /// compressed or damaged.
  Bytes read(std::string_view member) const;

 private:
  void read_directory();
  void check_overlaps() const;

  Bytes file_;
  std::string name_;
  std::map<std::string_view, Member> members_;
};

}  // namespace fpanet
