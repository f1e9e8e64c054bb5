#include "engine/weights/element_type.hpp"

#include <cmath>

namespace fpanet {

std::size_t size_of(ElementType type) {
  return visit_element_type(type, []<class T>(T) { return sizeof(T); });
}

std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::boolean:
      return "bool";
    case ElementType::u8:
      return "u8";
    case ElementType::i8:
      return "i8";
    case ElementType::i16:
      return "i16";
    case ElementType::u16:
      return "u16";
    case ElementType::f16:
      return "f16";
    case ElementType::bf16:
      return "bf16";
    case ElementType::i32:
      return "i32";
    case ElementType::u32:
      return "u32";
    case ElementType::f32:
      return "f32";
    case ElementType::f64:
      return "f64";
    case ElementType::i64:
      return "i64";
    case ElementType::u64:
      return "u64";
  }
  fail("weights: unknown element type {}", static_cast<int>(type));
}

ElementType element_type_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return ElementType::f32;
    case DType::f64:
      return ElementType::f64;
    case DType::bf16:
      return ElementType::bf16;
    case DType::u8:
      return ElementType::u8;
    case DType::i32:
      return ElementType::i32;
    case DType::i64:
      return ElementType::i64;
    case DType::u16:
      return ElementType::u16;
    case DType::i16:
      return ElementType::i16;
  }
  fail("weights: unknown element type {}", static_cast<int>(dtype));
}

float16::float16(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((word >> 16) & 0x8000u);
  const float magnitude = std::fabs(value);
  std::uint32_t half = 0;
  if (std::isnan(value)) {
    half = 0x7e00u;
  } else if (magnitude >= 65520.0f) {  // halfway between the largest half and the next step
    half = 0x7c00u;
  } else if (magnitude < 0x1p-14f) {  // subnormal: a multiple of 2^-24
    half = static_cast<std::uint32_t>(std::nearbyint(magnitude * 0x1p24f));
  } else {  // drop 13 mantissa bits; a carry correctly moves into the exponent
    const std::uint32_t bits32 = (word & 0x7fffffffu) - (112u << 23);
    half = (bits32 + 0xfffu + ((bits32 >> 13) & 1u)) >> 13;
  }
  bits = static_cast<std::uint16_t>(sign | half);
}

float16::operator float() const {
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu, mantissa = bits & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t exponent32 = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | (exponent32 << 23) | (mantissa << 13));
}

}  // namespace fpanet
