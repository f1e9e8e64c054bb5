#pragma once
// Writes the Protocol Buffers wire format. A message is a sequence of fields, each of which has a
// key (field number and wire type) and a value. Writing ONNX files needs only four kinds of value,
// so this class replaces protoc, libprotobuf and a generated copy of onnx.proto. Source:
// protobuf.dev/programming-guides/encoding.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace fpanet {

class ProtobufWriter {
 public:
  /// int32, int64 or an enum: seven bits per byte, lowest bits first; negative numbers in two's
  /// complement.
  void integer(int field, std::int64_t value) {
    key(field, WireType::varint);
    varint(static_cast<std::uint64_t>(value));
  }
  void real(int field, float value) {
    key(field, WireType::fixed32);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<char>(bits >> shift));
  }
  /// string or bytes
  void text(int field, std::string_view value) {
    key(field, WireType::length_delimited);
    varint(value.size());
    bytes_.append(value);
  }
  void message(int field, const ProtobufWriter& value) { text(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  enum class WireType : std::uint8_t { varint = 0, length_delimited = 2, fixed32 = 5 };

  void key(int field, WireType type) {
    varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }

  std::string bytes_;
};

}  // namespace fpanet
