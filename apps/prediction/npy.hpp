#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// Writes float32 values in C order as a NumPy file (format version 1.0; NumPy Enhancement
/// Proposal 1). The file appears as a whole or not at all. Throws Error naming it when it cannot be
/// written or when `values` are not as many as `shape` asks for.
void write_npy(const std::filesystem::path& path, std::span<const float> values,
               const std::vector<Index>& shape);

}  // namespace fpanet
