#pragma once
// Reads weights from any supported file. The first bytes determine the container, never the suffix,
// and the tensors are found under any of the keys that training code commonly uses.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/weights/metadata.hpp"
#include "engine/weights/state_dict.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

struct WeightsFile {
  std::string name;       ///< name of the file without its folder
  std::string container;  ///< "zip", "legacy" or "tar" (PyTorch's three), or "safetensors"
  StateDict tensors;      ///< names as in the file; views of the mapped file where possible
  std::string wrapper;    ///< key of the saved dict that holds the tensors: "state_dict", "model"
  /// Which of several sets of weights these are, if the file holds more than one: "the averaged
  /// weights; ...". Empty otherwise.
  std::string note;
  std::vector<std::string> skipped;       ///< names in the state dict whose value is not a tensor
  std::optional<TrainingState> training;  ///< of a Lightning checkpoint, if requested
  Metadata metadata;  ///< of a safetensors file, or of ours in PyTorch's containers
};

enum class ReadTraining { no, yes };

/// Reads a bare state dict, {"state_dict": ...}, {"model": ...} or a Lightning checkpoint. Throws
/// an Error that names the file for everything else. `yes` also reads the training state of a
/// Lightning checkpoint, and throws Error unless the run had a single AdamW optimizer. Of a
/// checkpoint whose state dict holds averaged weights (Lightning's WeightAveraging), `yes` gives the
/// weights that were trained, because the optimizer's state belongs to these.
///
/// A file called *.index.json is the index of a model in several files, as on the Hugging Face Hub;
/// all of them are read.
WeightsFile read_weights(const std::filesystem::path& path,
                         ReadTraining training = ReadTraining::no);
/// The same for a file in memory; `name` denotes the file in messages.
WeightsFile read_weights(const Bytes& file, const std::string& name,
                         ReadTraining training = ReadTraining::no);

}  // namespace fpanet
