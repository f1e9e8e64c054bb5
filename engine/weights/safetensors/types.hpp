#pragma once
// Element type names in safetensors headers.

#include <array>
#include <string_view>
#include <utility>

#include "engine/weights/element_type.hpp"

namespace fpanet {

inline constexpr std::array<std::pair<ElementType, std::string_view>, 13> kSafetensorsTypes = {{
    {ElementType::boolean, "BOOL"},
    {ElementType::u8, "U8"},
    {ElementType::i8, "I8"},
    {ElementType::i16, "I16"},
    {ElementType::u16, "U16"},
    {ElementType::f16, "F16"},
    {ElementType::bf16, "BF16"},
    {ElementType::i32, "I32"},
    {ElementType::u32, "U32"},
    {ElementType::f32, "F32"},
    {ElementType::f64, "F64"},
    {ElementType::i64, "I64"},
    {ElementType::u64, "U64"},
}};

}  // namespace fpanet
