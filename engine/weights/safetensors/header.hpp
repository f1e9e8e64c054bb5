#pragma once
// The JSON header of a safetensors file, parsed event by event so that nothing but what the format
// allows is ever stored.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/weights/safetensors/safetensors.hpp"

namespace fpanet {

struct SafetensorsHeader {
  struct Row {
    std::string name;
    ElementType type = ElementType::f32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0, end = 0;  ///< bytes from the start of the data
  };
  std::vector<Row> rows;  ///< in header order
  Metadata metadata;
};

/// Throws Error naming `file` for anything but a header of the format: other members, other value
/// types, missing members, a metadata key twice. Offsets are not compared with the data here.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

}  // namespace fpanet
