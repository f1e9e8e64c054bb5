#pragma once
// Model files as the programs write and read them: weights under the notebook's names, and in the
// header what prediction needs to know beside them.

#include <filesystem>
#include <optional>
#include <string>

#include "data/class_table.hpp"
#include "data/image.hpp"
#include "engine/weights/weights_file.hpp"
#include "models/fpanet.hpp"

namespace fpanet {

/// What a checkpoint of ours says beside the weights; files from elsewhere say nothing.
struct CheckpointInfo {
  std::optional<ClassTable> classes;
  std::optional<ImageSize> image_size;  ///< that the model was trained at
  std::optional<std::int64_t> epoch;    ///< counted from 0
  std::optional<double> val_loss;
};

Metadata to_metadata(const CheckpointInfo& info);
/// Throws Error naming `source` for values that cannot be understood.
CheckpointInfo read_info(const Metadata& metadata, const std::string& source);

/// Writes a .safetensors file atomically.
void save_model(const std::filesystem::path& path, const ParameterStore& store,
                const CheckpointInfo& info);

/// A model file that has been read, and the model it was made with.
struct ModelFile {
  WeightsFile weights;
  FPANetOptions options;
  CheckpointInfo info;
};

/// Reads any container of weights.
ModelFile open_model(const std::filesystem::path& path);

/// Fills the whole model; returns the summary line. Throws one Error that lists all that does not
/// fit.
std::string load_model(ParameterStore& store, const WeightsFile& weights);
/// Fills model.encoder.* alone; the first convolution is adapted to the model's channels.
std::string load_encoder(ParameterStore& store, const WeightsFile& weights);

}  // namespace fpanet
