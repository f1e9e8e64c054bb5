#pragma once
// Model files as the programs write and read them: the weights under the notebook's names and, in
// the header, the metadata that prediction needs.

#include <filesystem>
#include <optional>
#include <string>

#include "apps/training/network_settings.hpp"
#include "data/class_table.hpp"
#include "data/image.hpp"
#include "data/pixel_format.hpp"
#include "engine/weights/weights_file.hpp"
#include "models/load_weights.hpp"
#include "models/objective.hpp"

namespace fpanet {

/// The metadata of a checkpoint that these programs wrote. Files from elsewhere have none.
struct CheckpointInfo {
  std::optional<ClassTable> classes;
  std::optional<ImageSize> image_size;  ///< the size of the training images
  std::optional<std::int64_t> epoch;    ///< counted from 0
  std::optional<Objective>
      objective;  ///< what it was trained for; its ignore_index is kIgnoreLabel
  std::optional<double> val_loss;
  std::optional<PixelFormat> pixels;  ///< what it reads of pictures
  /// Ground length in metres of a pixel of the training images, if these tell their place.
  std::optional<double> pixel_size = std::nullopt;
};

/// Everything that a checkpoint says about itself.
Metadata to_metadata(const NetworkConfig& network, const CheckpointInfo& info);
/// Throws Error naming `source` for values that cannot be parsed.
CheckpointInfo read_info(const Metadata& metadata, const std::string& source);

/// Writes a .safetensors file atomically.
void save_model(const std::filesystem::path& path, const ParameterStore& store,
                const NetworkConfig& network, const CheckpointInfo& info);

/// The contents of a model file, and the network that it holds.
struct ModelFile {
  WeightsFile weights;
  NetworkConfig network;
  CheckpointInfo info;
};

/// Reads a weight file of any supported container. Throws UsageError as network_of() does. Throws
/// Error if the tensors are not those of the network, which is found out before memory of its size is
/// allocated, or if the metadata name another number of classes.
ModelFile open_model(const std::filesystem::path& path, const ToldNetwork& told);

}  // namespace fpanet
