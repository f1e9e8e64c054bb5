#pragma once
// The element types of images.

#include "engine/core/dtype.hpp"

namespace fpanet {

/// Whether the samples of images may have this type: u8, u16, i16 or f32.
inline bool is_sample_type(DType type) {
  return type == DType::u8 || type == DType::u16 || type == DType::i16 || type == DType::f32;
}

/// Calls f(T{}) with the C++ type of a sample. Throws Error for types that samples cannot have.
template <class F>
decltype(auto) visit_sample_type(DType type, F&& f) {
  switch (type) {
    case DType::u8:
      return f(std::uint8_t{});
    case DType::u16:
      return f(std::uint16_t{});
    case DType::i16:
      return f(std::int16_t{});
    case DType::f32:
      return f(float{});
    default:
      fail("samples of type {}, expected u8, u16, i16 or f32", name_of(type));
  }
}

}  // namespace fpanet
