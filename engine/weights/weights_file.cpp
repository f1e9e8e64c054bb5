#include "engine/weights/weights_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "engine/weights/shards.hpp"
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

/// The trained weights of a checkpoint in which "state_dict" holds their average.
/// Source: Lightning 2.5, callbacks/weight_averaging.py, on_save_checkpoint.
constexpr std::string_view kTrained = "current_model_state";
/// Keys under which other code stores averaged weights beside the trained ones.
constexpr std::array<std::string_view, 4> kAverages = {"ema_state_dict", "state_dict_ema",
                                                       "model_ema", "ema"};

const Dict* dict_of_tensors(const Dict& root, std::string_view key) {
  const pickle::Object* inner = find(root, key);
  const Dict* dict = inner == nullptr ? nullptr : inner->as<Dict>();
  return dict != nullptr && holds_tensors(*dict) ? dict : nullptr;
}

/// Which weights are read if `root` holds averaged ones, too.
std::string note_on_averages(const Dict& root, const std::string& wrapper) {
  if (wrapper == kTrained) {
    return fmt::format(
        "the trained weights under '{}'; the averaged ones under 'state_dict' are "
        "left aside",
        kTrained);
  }
  if (dict_of_tensors(root, kTrained) != nullptr) {
    return fmt::format(
        "the averaged weights under '{}'; the trained ones under '{}' are left aside", wrapper,
        kTrained);
  }
  for (const std::string_view key : kAverages) {
    if (key != wrapper && dict_of_tensors(root, key) != nullptr) {
      return fmt::format("the weights under '{}'; the averaged ones under '{}' are left aside",
                         wrapper, key);
    }
  }
  return {};
}

Unwrapped unwrap(const Dict& root, ReadTraining training) {
  if (training == ReadTraining::yes && dict_of_tensors(root, "state_dict") != nullptr) {
    if (const Dict* dict = dict_of_tensors(root, kTrained)) return {dict, std::string(kTrained)};
  }
  for (const std::string_view key : kStateDictKeys) {
    if (const Dict* dict = dict_of_tensors(root, key)) return {dict, std::string(key)};
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
      if (name == nullptr) continue;
      result.skipped.push_back(printable(*name).str());
      file.heap().charge(sizeof(std::string) + result.skipped.back().size());
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
Metadata metadata_of(const pickle::Object* object, pickle::Heap& heap) {
  Metadata metadata;
  const Dict* const dict = object == nullptr ? nullptr : object->as<Dict>();
  if (dict == nullptr) return metadata;
  for (const auto& [key, value] : dict->items) {
    const auto* name = key->as<std::string_view>();
    const auto* text = value->as<std::string_view>();
    if (name == nullptr || text == nullptr) continue;
    heap.charge(name->size() + text->size() + sizeof(Metadata::value_type));
    if (is_utf8(*name) && is_utf8(*text)) {
      metadata[std::string(*name)] = *text;
    }
  }
  return metadata;
}

/// The metadata of a bare state dict are its attribute; those of a checkpoint are its entry.
Metadata find_metadata(const Dict& root, const Dict& state_dict, pickle::Heap& heap) {
  const Dict* const attributes =
      state_dict.attributes == nullptr ? nullptr : state_dict.attributes->as<Dict>();
  const pickle::Object* own = attributes == nullptr ? nullptr : find(*attributes, kMetadataKey);
  return metadata_of(own != nullptr ? own : find(root, kMetadataKey), heap);
}

void read_torch(TorchFile file, ReadTraining training, WeightsFile& result) {
  const Dict* root = file.root().as<Dict>();
  require(root != nullptr, "{}: holds {}, not a state dict", file.name(), kind_of(file.root()));
  const auto [dict, wrapper] = unwrap(*root, training);
  require(holds_tensors(*dict), "{}: no state dict in it; its keys are: {}", file.name(),
          keys_of(*root));
  result.wrapper = wrapper;
  result.metadata = find_metadata(*root, *dict, file.heap());
  if (!wrapper.empty()) result.note = note_on_averages(*root, wrapper);
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
  if (is_shard_index(path)) return read_shards(path);
  return read_weights(Bytes::map(path), path.string(), training);
}

}  // namespace fpanet
