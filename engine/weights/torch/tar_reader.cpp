#include "engine/weights/torch/tar_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kSize = 124, kChecksum = 148, kType = 156, kMagic = 257;  // header fields

/// A numeric field: octal digits, or a big-endian binary number after a byte 0x80 (GNU).
std::uint64_t number_field(std::string_view field, const std::string& name) {
  std::uint64_t value = 0;
  if (field[0] == '\x80') {
    for (const char digit : field.substr(1)) {
      require(value >> 56 == 0, "{}: a number in a tar header is too large", name);
      value = (value << 8) | static_cast<std::uint8_t>(digit);
    }
    return value;
  }
  const std::size_t first = std::min(field.find_first_not_of(' '), field.size());
  for (const char digit : field.substr(first)) {
    if (digit == ' ' || digit == '\0') break;
    require(digit >= '0' && digit <= '7', "{}: a tar header is damaged", name);
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

/// Sum of the header's bytes, with spaces in place of the checksum field.
std::uint64_t checksum(std::string_view header) {
  const auto sum = [](std::string_view bytes) {
    return std::accumulate(
        bytes.begin(), bytes.end(), std::uint64_t{0},
        [](std::uint64_t total, char c) { return total + static_cast<std::uint8_t>(c); });
  };
  return sum(header.substr(0, kChecksum)) + 8 * ' ' + sum(header.substr(kChecksum + 8));
}

}  // namespace

bool is_tar(const Bytes& file) {
  return file.size() >= kBlock && file.text().substr(kMagic, 5) == "ustar";
}

std::map<std::string, Bytes> read_tar(const Bytes& file, const std::string& name) {
  const std::string_view bytes = file.text();
  std::map<std::string, Bytes> members;
  std::size_t at = 0;
  while (at + kBlock <= bytes.size() && bytes[at] != '\0') {  // an empty block ends the archive
    const std::string_view header = bytes.substr(at, kBlock);
    require(number_field(header.substr(kChecksum, 8), name) == checksum(header),
            "{}: the tar header at byte {} is damaged", name, at);
    const std::uint64_t size = number_field(header.substr(kSize, 12), name);
    const std::size_t data = at + kBlock;
    require(size <= bytes.size() - data, "{}: ends early: the tar member at byte {} has {} bytes",
            name, at, size);
    std::string_view path = header.substr(0, 100);
    path = path.substr(0, path.find('\0'));
    if (path.starts_with("./")) path.remove_prefix(2);
    const char type = header[kType];
    if (type == '0' || type == '\0') {
      require(members.emplace(path, file.part(data, size)).second, "{}: two members are named {}",
              name, printable(path));
    }
    at = data + (size + kBlock - 1) / kBlock * kBlock;
  }
  return members;
}

}  // namespace fpanet
