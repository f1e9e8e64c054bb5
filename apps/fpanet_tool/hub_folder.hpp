#pragma once

#include <filesystem>
#include <string>

#include "apps/training/checkpoint.hpp"

namespace fpanet {

/// config.json of a model on the Hugging Face Hub: the arguments with which its class is made
/// (FPANet of kHubPython, Unet of segmentation-models-pytorch) and, under names that begin with an
/// underscore, which both ignore, the class, the classes of the mask and the size of the images.
/// Throws Error for a network that has no such class.
std::string hub_config(const NetworkConfig& network, const CheckpointInfo& info,
                       const ClassTable& classes);

/// README.md: what the Hub reads (YAML), how to load the model, its classes and settings.
std::string hub_readme(const NetworkConfig& network, const CheckpointInfo& info,
                       const ClassTable& classes);

/// Writes a folder that can be uploaded to the Hub: config.json, model.safetensors, README.md and, for
/// FPA-Net, fpanet.py. Other files of the folder stay.
void write_hub_folder(const std::filesystem::path& folder, const ParameterStore& store,
                      const NetworkConfig& network, const CheckpointInfo& info,
                      const ClassTable& classes);

}  // namespace fpanet
