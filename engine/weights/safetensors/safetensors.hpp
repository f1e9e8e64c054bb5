#pragma once
// safetensors: a JSON header of names, types, shapes and offsets, then the raw data.
// Format: github.com/huggingface/safetensors (README, "Format").

#include <filesystem>
#include <map>
#include <string>

#include "engine/weights/state_dict.hpp"

namespace fpanet {

using Metadata = std::map<std::string, std::string>;

struct SafetensorsFile {
  StateDict tensors;  ///< in header order; views on the mapped file
  Metadata metadata;  ///< the header's "__metadata__"
};

/// Maps and checks a file: header within the file and at most 100 MB, every tensor's bytes matching
/// its shape, tensors covering the data exactly, no name twice. Throws Error naming `path`.
SafetensorsFile read_safetensors(const std::filesystem::path& path);
/// The same for bytes in memory; `name` stands for the file in messages.
SafetensorsFile read_safetensors(const Bytes& file, const std::string& name);

/// Writes atomically: on any failure (full disk, ...) an Error naming the file is thrown and what
/// was there before stays. Header and data keep the state dict's order; only where that order would
/// misalign an entry, data is ordered by element size instead.
void write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                       const Metadata& metadata = {});

}  // namespace fpanet
