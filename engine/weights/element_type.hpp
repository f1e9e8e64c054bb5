#pragma once
// Element types of weight files. The engine computes with fewer (DType).

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/dtype.hpp"

namespace fpanet {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian");

enum class ElementType : std::uint8_t {
  boolean,
  u8,
  i8,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  f64,
  i64,
  u64
};

std::size_t size_of(ElementType type);       ///< bytes per element
std::string_view name_of(ElementType type);  ///< "f32"; "bool" for boolean
ElementType element_type_of(DType dtype);

/// IEEE half precision; like bfloat16, for storage only.
struct float16 {
  std::uint16_t bits = 0;

  float16() = default;
  explicit float16(float value);  ///< rounds to nearest, ties to even; overflow gives infinity
  explicit operator float() const;
};

/// Calls f(T{}) with the C++ type of `type`: `bool` for boolean, float16 for f16.
template <class F>
decltype(auto) visit_element_type(ElementType type, F&& f) {
  switch (type) {
    case ElementType::boolean:
      return f(bool{});
    case ElementType::u8:
      return f(std::uint8_t{});
    case ElementType::i8:
      return f(std::int8_t{});
    case ElementType::i16:
      return f(std::int16_t{});
    case ElementType::u16:
      return f(std::uint16_t{});
    case ElementType::f16:
      return f(float16{});
    case ElementType::bf16:
      return f(bfloat16{});
    case ElementType::i32:
      return f(std::int32_t{});
    case ElementType::u32:
      return f(std::uint32_t{});
    case ElementType::f32:
      return f(float{});
    case ElementType::f64:
      return f(double{});
    case ElementType::i64:
      return f(std::int64_t{});
    case ElementType::u64:
      return f(std::uint64_t{});
  }
  fail("weights: unknown element type {}", static_cast<int>(type));
}

}  // namespace fpanet
