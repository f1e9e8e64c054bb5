#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// Writes float32 values in C order as a NumPy file (format version 1.0; NumPy Enhancement Proposal
/// 1). The write is atomic. Throws an Error that names the file if it cannot be written or if the
/// number of values does not match `shape`.
void write_npy(const std::filesystem::path& path, std::span<const float> values,
               const std::vector<Index>& shape);

}  // namespace fpanet
