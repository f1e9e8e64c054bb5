#pragma once
// safetensors: a JSON header of names, types, shapes and offsets, then the raw data.
// Format: github.com/huggingface/safetensors (README, "Format").

#include <filesystem>
#include <string>

#include "engine/weights/metadata.hpp"
#include "engine/weights/state_dict.hpp"

namespace fpanet {

struct SafetensorsFile {
  StateDict tensors;  ///< in header order; views of the mapped file
  Metadata metadata;  ///< the header's "__metadata__"
};

/// Maps a file and checks it: the header is inside the file, at most 100 MB and within the limits of
/// read_budget.hpp, the size of every tensor matches its shape, the tensors cover the data exactly, and no name occurs twice. Throws
/// an Error that names `path`.
SafetensorsFile read_safetensors(const std::filesystem::path& path);
/// The same for bytes in memory; `name` denotes the file in messages.
SafetensorsFile read_safetensors(const Bytes& file, const std::string& name);

/// Writes atomically: on any failure (full disk, ...) throws an Error that names the file, and
/// leaves an existing file as it was. The header has the order of the state dict. So do the data,
/// unless that order would misalign an entry; then they are sorted by element size.
void write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                       const Metadata& metadata = {});

}  // namespace fpanet
