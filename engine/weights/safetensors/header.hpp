#pragma once
// The JSON header of a safetensors file. It is parsed event by event, so that only what the format
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

/// Throws an Error that names `file` if the header does not follow the format: unknown members,
/// other value types, missing members, duplicate metadata keys. Does not compare offsets with the
/// data.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

}  // namespace fpanet
