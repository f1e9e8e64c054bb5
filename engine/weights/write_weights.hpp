#pragma once
// Writes weights in the container that the suffix of the path selects, and changes prefixes of
// names.

#include <filesystem>
#include <string>

#include "engine/weights/weights_file.hpp"

namespace fpanet {

/// Writes .safetensors, .pth or .pt (a bare state dict) or .ckpt
/// (Lightning; needs a training state) atomically. Throws Error if the suffix is unknown or writing
/// fails.
void write_weights(const std::filesystem::path& path, const WeightsFile& file);
void write_weights(const std::filesystem::path& path, const StateDict& tensors);

/// The entries whose names begin with `prefix`, with the prefix removed. Throws Error if there are
/// none.
StateDict strip_prefix(const StateDict& tensors, const std::string& prefix);
/// All entries, with `prefix` added to the start of their names.
StateDict add_prefix(const StateDict& tensors, const std::string& prefix);

}  // namespace fpanet
