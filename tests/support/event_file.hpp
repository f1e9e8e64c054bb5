#pragma once
// Reads event files of TensorBoard back. The reader shares nothing with the writer: it computes
// checksums bit by bit and takes fields by their wire types.

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace fpanet::test {

/// CRC-32C by long division, one bit at a time.
inline std::uint32_t divided_bitwise(const std::string& bytes) {
  std::uint32_t rest = 0xffffffff;
  for (const char byte : bytes) {
    rest ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      const bool odd = (rest & 1U) != 0;
      rest >>= 1;
      if (odd) rest ^= 0x82f63b78U;
    }
  }
  return ~rest;
}

template <class T>
T number_at(const std::string& bytes, std::size_t at) {
  T value;
  REQUIRE(at + sizeof(T) <= bytes.size());
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

inline bool has_checksum(const std::string& bytes, std::uint32_t stored) {
  const std::uint32_t crc = divided_bitwise(bytes);
  return stored == static_cast<std::uint32_t>((crc >> 15 | crc << 17) + 0xa282ead8U);
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The records of a TFRecord file, with their checksums checked.
inline std::vector<std::string> records_of(const std::filesystem::path& file) {
  const std::string bytes = bytes_of(file);
  std::vector<std::string> records;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto size = static_cast<std::size_t>(number_at<std::uint64_t>(bytes, at));
    CHECK(has_checksum(bytes.substr(at, 8), number_at<std::uint32_t>(bytes, at + 8)));
    REQUIRE(at + 16 + size <= bytes.size());
    records.push_back(bytes.substr(at + 12, size));
    CHECK(has_checksum(records.back(), number_at<std::uint32_t>(bytes, at + 12 + size)));
    at += 16 + size;
  }
  return records;
}

/// The fields of a message by number; numbers as their eight or four bytes, or as a varint's value.
struct ProtobufFields {
  std::map<int, std::string> bytes;
  std::map<int, std::uint64_t> varints;
};

inline std::uint64_t varint_at(const std::string& message, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    REQUIRE(at < message.size());
    const auto byte = static_cast<unsigned char>(message[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return value;
  }
}

inline ProtobufFields parsed(const std::string& message) {
  ProtobufFields fields;
  std::size_t at = 0;
  while (at < message.size()) {
    const std::uint64_t key = varint_at(message, at);
    const int field = static_cast<int>(key >> 3);
    std::size_t size = 0;
    switch (key & 7U) {
      case 0:
        fields.varints[field] = varint_at(message, at);
        continue;
      case 1:
        size = 8;
        break;
      case 2:
        size = static_cast<std::size_t>(varint_at(message, at));
        break;
      case 5:
        size = 4;
        break;
      default:
        FAIL("wire type ", key & 7U);
    }
    REQUIRE(at + size <= message.size());
    fields.bytes[field] = message.substr(at, size);
    at += size;
  }
  return fields;
}

/// The first value in the summary of an Event.
inline ProtobufFields summary_value(const std::string& record) {
  return parsed(parsed(parsed(record).bytes.at(5)).bytes.at(1));
}

}  // namespace fpanet::test
