#pragma once
// Weights from any file that people have: the container is told by its first bytes, never by its
// suffix, and the tensors are found wherever training code has put them.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/weights/safetensors/safetensors.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

struct WeightsFile {
  std::string name;       ///< of the file, without its folder
  std::string container;  ///< "zip", "legacy" or "tar" (PyTorch's three), or "safetensors"
  StateDict tensors;      ///< names as the file has them; views on the mapped file where possible
  std::string wrapper;    ///< key in the saved dict that held the tensors: "state_dict", "model"
  std::vector<std::string> skipped;       ///< names in the state dict that hold no tensor
  std::optional<TrainingState> training;  ///< of a Lightning checkpoint, when asked for
  Metadata metadata;                      ///< of a safetensors file
};

enum class ReadTraining { no, yes };

/// Reads a bare state dict, {"state_dict": ...}, {"model": ...} or a Lightning checkpoint. Throws
/// Error naming the file for everything else. `yes` also reads a Lightning checkpoint's training
/// state and throws Error when it is not one of a single AdamW optimizer.
WeightsFile read_weights(const std::filesystem::path& path,
                         ReadTraining training = ReadTraining::no);
/// The same for a file in memory; `name` stands for it in messages.
WeightsFile read_weights(const Bytes& file, const std::string& name,
                         ReadTraining training = ReadTraining::no);

}  // namespace fpanet
