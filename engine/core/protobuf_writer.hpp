#pragma once
// Writes the Protocol Buffers wire format. A message is a sequence of fields, each of which has a
// key (field number and wire type) and a value. Writing ONNX files and TensorBoard's events needs only
// a few kinds of value, so this class replaces protoc, libprotobuf and generated code. Source:
// protobuf.dev/programming-guides/encoding.

#include <bit>
#include <cstddef>
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
    fixed(std::bit_cast<std::uint32_t>(value));
  }
  void real64(int field, double value) {
    key(field, WireType::fixed64);
    fixed(std::bit_cast<std::uint64_t>(value));
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
  enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

  void key(int field, WireType type) {
    varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type));
  }
  /// Lowest byte first.
  template <class Bits>
  void fixed(Bits bits) {
    for (std::size_t i = 0; i < sizeof(Bits); ++i) {
      bytes_.push_back(static_cast<char>(bits >> (8 * i) & 0xff));
    }
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }

  std::string bytes_;
};

}  // namespace fpanet
