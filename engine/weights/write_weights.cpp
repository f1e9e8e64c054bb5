#include "engine/weights/write_weights.hpp"

#include "engine/weights/safetensors/safetensors.hpp"
#include "engine/weights/torch/writer.hpp"

namespace fpanet {

void write_weights(const std::filesystem::path& path, const WeightsFile& file) {
  const std::string suffix = path.extension().string();
  if (suffix == ".safetensors") {
    write_safetensors(path, file.tensors, file.metadata);
  } else if (suffix == ".pth" || suffix == ".pt") {
    write_torch(path, file.tensors, file.metadata);
  } else if (suffix == ".ckpt") {
    require(file.training.has_value(),
            "{}: a Lightning checkpoint needs a training state, but {} has only weights; convert a "
            "run folder or another Lightning checkpoint, or write .pth",
            path.string(), file.name.empty() ? "this file" : file.name);
    write_lightning(path, file.tensors, *file.training, file.metadata);
  } else {
    fail("{}: unknown suffix '{}'; use .safetensors, .pth, .pt or .ckpt", path.string(), suffix);
  }
}

void write_weights(const std::filesystem::path& path, const StateDict& tensors) {
  WeightsFile file;
  file.tensors = tensors;
  write_weights(path, file);
}

StateDict strip_prefix(const StateDict& tensors, const std::string& prefix) {
  StateDict result;
  for (const auto& [name, entry] : tensors) {
    if (name.starts_with(prefix)) result.add(name.substr(prefix.size()), entry);
  }
  require(!result.empty(), "weights: no name begins with {}", prefix);
  return result;
}

StateDict add_prefix(const StateDict& tensors, const std::string& prefix) {
  StateDict result;
  for (const auto& [name, entry] : tensors) result.add(prefix + name, entry);
  return result;
}

}  // namespace fpanet
