#include "engine/weights/torch/zip_writer.hpp"

#include <zlib.h>

#include <cstring>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr std::size_t kAlignment = 64, kHeaderBytes = 30, kFieldHeaderBytes = 4;
constexpr std::uint16_t kVersion = 20, kUtf8Names = 0x0800;
constexpr std::uint16_t kPaddingField = 'F' | 'B' << 8;  // PyTorch's field, filled with 'Z'

/// The numbers in zip's format: packed and little-endian.
template <class... Numbers>
std::string packed(Numbers... numbers) {
  std::string bytes;
  const auto append = [&]<class T>(T number) {
    char raw[sizeof(T)];
    std::memcpy(raw, &number, sizeof(T));
    bytes.append(raw, sizeof(T));
  };
  (append(numbers), ...);
  return bytes;
}

constexpr std::uint16_t u16(std::size_t number) {
  return static_cast<std::uint16_t>(number);
}

/// The fields that a local header and a directory row share, from "version needed" to "name
/// length".
std::string shared_fields(std::uint32_t crc, std::uint32_t size, std::size_t name_bytes) {
  constexpr std::uint16_t kStored = 0, kTime = 0, kDate = 0;
  return packed(kVersion, kUtf8Names, kStored, kTime, kDate, crc, size, size, u16(name_bytes));
}

}  // namespace

std::uint32_t ZipWriter::checked_size(std::size_t bytes) const {
  require(bytes < 0xffffffffu && rows_.size() < 0xffffu,
          "{}: too large for the zip container (4 GiB, 65534 members); write .safetensors instead",
          path_.string());
  return static_cast<std::uint32_t>(bytes);
}

void ZipWriter::add(const std::string& member, std::span<const std::byte> data) {
  const std::uint32_t header = checked_size(file_.written()), size = checked_size(data.size());
  const std::size_t fixed = header + kHeaderBytes + member.size() + kFieldHeaderBytes;
  const std::size_t padding = (kAlignment - fixed % kAlignment) % kAlignment;
  const auto crc = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  file_.write(packed(std::uint32_t{0x04034b50}) + shared_fields(crc, size, member.size()) +
              packed(u16(kFieldHeaderBytes + padding)) + member +
              packed(kPaddingField, u16(padding)) + std::string(padding, 'Z'));
  file_.write(data);
  rows_.push_back({member, crc, size, header});
}

void ZipWriter::add(const std::string& member, std::string_view text) {
  add(member, std::as_bytes(std::span(text.data(), text.size())));
}

void ZipWriter::finish() {
  constexpr std::uint16_t kNone = 0;
  const std::uint32_t begin = checked_size(file_.written());
  for (const Row& row : rows_) {
    file_.write(packed(std::uint32_t{0x02014b50}, kVersion) +
                shared_fields(row.crc, row.size, row.member.size()) +
                packed(kNone, kNone, kNone, kNone, std::uint32_t{0}, row.header) + row.member);
  }
  const std::uint32_t end = checked_size(file_.written());
  const std::uint16_t count = u16(rows_.size());
  file_.write(
      packed(std::uint32_t{0x06054b50}, kNone, kNone, count, count, end - begin, begin, kNone));
  file_.commit();
}

}  // namespace fpanet
