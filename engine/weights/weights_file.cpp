#include "engine/weights/weights_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/torch/containers.hpp"
#include "engine/weights/torch/file.hpp"
#include "engine/weights/torch/tar_reader.hpp"
#include "engine/weights/torch/training_reader.hpp"
#include "engine/weights/torch/writer.hpp"

namespace fpanet {

namespace {

using pickle::Dict;

/// Keys under which training code stores a model's state dict, in order of preference.
constexpr std::array<std::string_view, 3> kStateDictKeys = {"state_dict", "model_state_dict",
                                                            "model"};

bool holds_tensors(const Dict& dict) {
  return std::ranges::any_of(dict.items,
                             [](const auto& item) { return tensor_of(*item.second) != nullptr; });
}

struct Unwrapped {
  const Dict* dict;
  std::string wrapper;
};

Unwrapped unwrap(const Dict& root) {
  for (const std::string_view key : kStateDictKeys) {
    const pickle::Object* inner = find(root, key);
    const Dict* dict = inner == nullptr ? nullptr : inner->as<Dict>();
    if (dict != nullptr && holds_tensors(*dict)) return {dict, std::string(key)};
  }
  return {&root, ""};
}

std::string keys_of(const Dict& dict) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : dict.items) {
    const auto* text = key->as<std::string_view>();
    keys.push_back(text == nullptr ? std::string(kind_of(*key)) : printable(*text).str());
    if (keys.size() == 10) break;
  }
  return join(keys, ", ");
}

void read_tensors(TorchFile& file, const Dict& dict, WeightsFile& result) {
  for (const auto& [key, value] : dict.items) {
    const auto* name = key->as<std::string_view>();
    const pickle::TensorView* view = tensor_of(*value);
    if (view == nullptr) {
      if (name != nullptr) result.skipped.push_back(printable(*name).str());
      continue;
    }
    require(name != nullptr && is_utf8(*name), "{}: the name of a tensor is not a string",
            file.name());
    require(!result.tensors.contains(*name), "{}: two tensors are named {}", file.name(),
            printable(*name));
    result.tensors.add(std::string(*name), file.entry(*view, *name));
  }
}

/// The texts in a dict that one of our writers has put there; nothing of any other object.
Metadata metadata_of(const pickle::Object* object) {
  Metadata metadata;
  const Dict* const dict = object == nullptr ? nullptr : object->as<Dict>();
  if (dict == nullptr) return metadata;
  for (const auto& [key, value] : dict->items) {
    const auto* name = key->as<std::string_view>();
    const auto* text = value->as<std::string_view>();
    if (name != nullptr && text != nullptr && is_utf8(*name) && is_utf8(*text)) {
      metadata[std::string(*name)] = *text;
    }
  }
  return metadata;
}

/// The metadata of a bare state dict are its attribute; those of a checkpoint are its entry.
Metadata find_metadata(const Dict& root, const Dict& state_dict) {
  const Dict* const attributes =
      state_dict.attributes == nullptr ? nullptr : state_dict.attributes->as<Dict>();
  const pickle::Object* own = attributes == nullptr ? nullptr : find(*attributes, kMetadataKey);
  return metadata_of(own != nullptr ? own : find(root, kMetadataKey));
}

void read_torch(TorchFile file, ReadTraining training, WeightsFile& result) {
  const Dict* root = file.root().as<Dict>();
  require(root != nullptr, "{}: holds {}, not a state dict", file.name(), kind_of(file.root()));
  const auto [dict, wrapper] = unwrap(*root);
  require(holds_tensors(*dict), "{}: no state dict in it; its keys are: {}", file.name(),
          keys_of(*root));
  result.wrapper = wrapper;
  result.metadata = find_metadata(*root, *dict);
  read_tensors(file, *dict, result);
  if (training == ReadTraining::yes && is_lightning(*root)) {
    result.training = read_training_state(file, *root);
  }
}

}  // namespace

WeightsFile read_weights(const Bytes& file, const std::string& name, ReadTraining training) {
  WeightsFile result;
  result.name = std::filesystem::path(name).filename().string();
  const std::string_view bytes = file.text();
  require(!bytes.empty(), "{}: the file is empty", name);
  if (bytes.starts_with(kZipMagic)) {
    result.container = "zip";
    read_torch(open_torch_zip(file, name), training, result);
  } else if (bytes.starts_with(kLegacyMagic)) {
    result.container = "legacy";
    read_torch(open_torch_legacy(file, name), training, result);
  } else if (is_tar(file)) {
    result.container = "tar";
    read_torch(open_torch_tar(file, name), training, result);
  } else if (bytes.size() > 8 && bytes[8] == '{') {
    result.container = "safetensors";
    SafetensorsFile safetensors = read_safetensors(file, name);
    result.tensors = std::move(safetensors.tensors);
    result.metadata = std::move(safetensors.metadata);
  } else {
    fail("{}: neither a PyTorch file (zip, legacy or tar) nor safetensors; it begins with '{}'",
         name, printable(bytes.substr(0, 16)));
  }
  return result;
}

WeightsFile read_weights(const std::filesystem::path& path, ReadTraining training) {
  return read_weights(Bytes::map(path), path.string(), training);
}

}  // namespace fpanet
