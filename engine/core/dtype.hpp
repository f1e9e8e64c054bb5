#pragma once
// Element types: f32 by default, f64 on the CPU for checks, bf16 for mixed precision, u8/u16/i16 for
// the samples of images, i32/i64 for labels and counts.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/core/bfloat16.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

enum class DType : std::uint8_t { f32, f64, bf16, u8, i32, i64, u16, i16 };

std::size_t size_of(DType dtype);       ///< bytes per element
std::string_view name_of(DType dtype);  ///< "f32"

template <class T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct dtype_of<bfloat16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct dtype_of<std::uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct dtype_of<std::int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct dtype_of<std::int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct dtype_of<std::uint16_t> {
  static constexpr DType value = DType::u16;
};
template <>
struct dtype_of<std::int16_t> {
  static constexpr DType value = DType::i16;
};
template <class T>
inline constexpr DType dtype_v = dtype_of<T>::value;

}  // namespace fpanet
