#include "engine/weights/torch/zip_reader.hpp"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "engine/weights/byte_cursor.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryRow = 0x02014b50, kEnd64 = 0x06064b50,
                        kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalHeaderBytes = 30, kEndBytes = 22, kLocatorBytes = 20,
                      kMaxComment = 65535;
constexpr std::uint16_t kZip64Field = 1;
constexpr std::uint32_t kIn64 = 0xffffffff;  ///< the number is in the zip64 field instead

struct Directory {
  std::uint64_t rows = 0, bytes = 0, at = 0;
};

/// Position of the end record: the last one whose comment ends exactly at the end of the file.
std::size_t find_end(std::string_view file, const std::string& name) {
  static constexpr std::string_view kSignature = "PK\5\6";
  const std::size_t furthest = kEndBytes + kMaxComment;
  const std::size_t first = file.size() > furthest ? file.size() - furthest : 0;
  std::size_t at = file.rfind(kSignature);
  while (at != std::string_view::npos && at >= first) {
    if (file.size() - at >= kEndBytes) {
      ByteCursor cursor(file, name, at + kEndBytes - 2);
      if (cursor.number<std::uint16_t>() == file.size() - at - kEndBytes) return at;
    }
    if (at == 0) break;
    at = file.rfind(kSignature, at - 1);
  }
  fail("{}: zip archive without its end record: the file is truncated", name);
}

Directory find_directory(std::string_view file, const std::string& name) {
  const std::size_t end = find_end(file, name);
  ByteCursor cursor(file, name, end + 4);
  const auto disk = cursor.number<std::uint16_t>(), start_disk = cursor.number<std::uint16_t>();
  cursor.take(2);
  Directory directory;
  directory.rows = cursor.number<std::uint16_t>();
  directory.bytes = cursor.number<std::uint32_t>();
  directory.at = cursor.number<std::uint32_t>();

  if (end >= kLocatorBytes) {
    ByteCursor locator(file, name, end - kLocatorBytes);
    if (locator.number<std::uint32_t>() == kEnd64Locator) {
      locator.take(4);
      const auto at = locator.number<std::uint64_t>();
      require(at < file.size(), "{}: zip64 record at byte {}, outside the file", name, at);
      ByteCursor end64(file, name, at);
      require(end64.number<std::uint32_t>() == kEnd64, "{}: no zip64 record at byte {}", name, at);
      end64.take(28);
      directory.rows = end64.number<std::uint64_t>();
      directory.bytes = end64.number<std::uint64_t>();
      directory.at = end64.number<std::uint64_t>();
      return directory;
    }
  }
  require(disk == 0 && start_disk == 0, "{}: zip archive in several parts", name);
  return directory;
}

/// Replaces the numbers that are kIn64 by those of the zip64 extra field.
void read_zip64_field(std::string_view extra, const std::string& name, ZipReader::Member& member) {
  ByteCursor fields(extra, name);
  while (fields.left() >= 4) {
    const auto id = fields.number<std::uint16_t>();
    const std::string_view content = fields.take(fields.number<std::uint16_t>());
    if (id != kZip64Field) continue;
    ByteCursor numbers(content, name);
    for (std::uint64_t* number : {&member.size, &member.packed, &member.header}) {
      if (*number == kIn64) *number = numbers.number<std::uint64_t>();
    }
  }
}

}  // namespace

ZipReader::ZipReader(Bytes file, std::string name)
    : file_(std::move(file)), name_(std::move(name)) {
  read_directory();
  check_overlaps();
}

void ZipReader::read_directory() {
  const std::string_view file = file_.text();
  const Directory directory = find_directory(file, name_);
  require(directory.at <= file.size() && directory.bytes <= file.size() - directory.at,
          "{}: zip directory of {} bytes at {} is outside the file", name_, directory.bytes,
          directory.at);
  ByteCursor cursor(file.substr(0, directory.at + directory.bytes), name_, directory.at);
  for (std::uint64_t row = 0; row < directory.rows; ++row) {
    require(cursor.number<std::uint32_t>() == kDirectoryRow, "{}: zip directory row {} is damaged",
            name_, row);
    Member member;
    cursor.take(4);
    const auto flags = cursor.number<std::uint16_t>();
    member.method = cursor.number<std::uint16_t>();
    cursor.take(4);
    member.crc = cursor.number<std::uint32_t>();
    member.packed = cursor.number<std::uint32_t>();
    member.size = cursor.number<std::uint32_t>();
    const auto name_bytes = cursor.number<std::uint16_t>();
    const auto extra_bytes = cursor.number<std::uint16_t>();
    const auto comment_bytes = cursor.number<std::uint16_t>();
    cursor.take(8);
    member.header = cursor.number<std::uint32_t>();
    const std::string_view path = cursor.take(name_bytes);
    read_zip64_field(cursor.take(extra_bytes), name_, member);
    cursor.take(comment_bytes);

    require((flags & 1) == 0, "{}: member {} is encrypted", name_, printable(path));
    require(members_.emplace(path, member).second, "{}: two members are named {}", name_,
            printable(path));
  }
}

/// Throws Error if members overlap, because shared bytes could make a small file expand to much
/// more data, which would take long to check.
void ZipReader::check_overlaps() const {
  std::vector<const Member*> order;
  for (const auto& [path, member] : members_) order.push_back(&member);
  std::ranges::sort(order, {}, &Member::header);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint64_t end = i + 1 < order.size() ? order[i + 1]->header : file_.size();
    const bool fits = order[i]->header <= end && end <= file_.size() &&
                      kLocalHeaderBytes <= end - order[i]->header &&
                      order[i]->packed <= end - order[i]->header - kLocalHeaderBytes;
    require(fits, "{}: zip members overlap at byte {}", name_, order[i]->header);
  }
}

Bytes ZipReader::read(std::string_view path) const {
  const auto found = members_.find(path);
  require(found != members_.end(), "{}: member {} is missing", name_, printable(path));
  const Member& member = found->second;
  require(member.method == 0 && member.packed == member.size,
          "{}: member {} is compressed (method {}); torch.save stores members as they are", name_,
          printable(path), member.method);

  ByteCursor header(file_.text(), name_, member.header);
  require(header.number<std::uint32_t>() == kLocalHeader, "{}: no zip header of {} at byte {}",
          name_, printable(path), member.header);
  header.take(22);
  const auto name_bytes = header.number<std::uint16_t>();
  const auto extra_bytes = header.number<std::uint16_t>();
  require(header.take(name_bytes) == path, "{}: the zip header of {} names another member", name_,
          printable(path));
  header.take(extra_bytes);
  require(member.size <= header.left(), "{}: member {} reaches past the end of the file", name_,
          printable(path));

  const Bytes data = file_.part(header.at(), member.size);
  if (member.checked) return data;
  const uLong crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size());
  require(crc == member.crc, "{}: member {} is damaged: crc {:08x} where the directory has {:08x}",
          name_, printable(path), crc, member.crc);
  member.checked = true;
  return data;
}

}  // namespace fpanet
