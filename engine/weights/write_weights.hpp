#pragma once
// Writes weights in the container that the path's suffix names, and renames them on the way.

#include <filesystem>
#include <string>

#include "engine/weights/weights_file.hpp"

namespace fpanet {

/// .safetensors (with the file's metadata), .pth or .pt (a bare state dict), .ckpt (Lightning;
/// needs a training state). Atomic. Throws Error for another suffix and for what cannot be written.
void write_weights(const std::filesystem::path& path, const WeightsFile& file);
void write_weights(const std::filesystem::path& path, const StateDict& tensors);

/// The entries whose names begin with `prefix`, without it; throws Error when there are none.
StateDict strip_prefix(const StateDict& tensors, const std::string& prefix);
/// All entries with `prefix` put before their names.
StateDict add_prefix(const StateDict& tensors, const std::string& prefix);

}  // namespace fpanet
