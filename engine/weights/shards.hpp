#pragma once
// A model in several files with an index, as the Hugging Face Hub stores large ones:
// model.safetensors.index.json and model-00001-of-00003.safetensors.
// Source: huggingface_hub, serialization/_base.py.

#include <filesystem>

#include "engine/weights/weights_file.hpp"

namespace fpanet {

/// True if the name of the file ends in ".index.json".
bool is_shard_index(const std::filesystem::path& path);

/// Reads the files that the index names, which lie beside it. Throws an Error that names the index
/// if it is not one, names a file in another folder, or differs from what the files hold.
WeightsFile read_shards(const std::filesystem::path& index);

}  // namespace fpanet
