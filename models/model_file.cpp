#include "models/model_file.hpp"

#include <array>

#include "engine/core/error.hpp"
#include "engine/weights/name_map.hpp"

namespace fpanet {

namespace {

constexpr const char* kEncoder = "model.encoder.";
constexpr const char* kDecoder = "model.decoder.";

const StateEntry& needed(const StateDict& weights, const std::string& name,
                         const std::string& source) {
  const StateEntry* entry = weights.find(name);
  require(entry != nullptr, "{}: not FPA-Net weights: '{}' is missing", source, name);
  require(!entry->shape().empty(), "{}: '{}' is a scalar", source, name);
  return *entry;
}

/// The number of consecutive i, from 0, for which an entry named prefix + i + suffix exists.
int count_items(const StateDict& weights, const std::string& prefix, const std::string& suffix) {
  int count = 0;
  while (weights.contains(prefix + std::to_string(count) + suffix)) ++count;
  return count;
}

std::string infer_encoder(const StateDict& weights, const std::string& source) {
  std::array<int, 4> blocks{};
  for (int i = 0; i < 4; ++i) {
    const std::string layer = fmt::format("{}layer{}.", kEncoder, i + 1);
    blocks[static_cast<std::size_t>(i)] = count_items(weights, layer, ".conv1.weight");
  }
  const bool bottleneck = weights.contains(std::string(kEncoder) + "layer1.0.conv3.weight");
  for (const std::string& name : resnet_names()) {
    const ResNetSpec& spec = resnet_spec(name);
    if (spec.blocks == blocks && spec.bottleneck == bottleneck) return name;
  }
  fail("{}: no known encoder has {}, {}, {} and {} {} blocks", source, blocks[0], blocks[1],
       blocks[2], blocks[3], bottleneck ? "bottleneck" : "basic");
}

}  // namespace

StateDict to_state_dict(const ParameterStore& store) {
  StateDict weights;
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    weights.add(store.entries()[i].name, StateEntry::from_tensor(store.value(i)));
  }
  return weights;
}

StateDict with_notebook_names(const StateDict& weights) {
  ParameterStore store;
  const FPANet notebook(store, {});
  NameSet wanted;
  for (const ParameterEntry& entry : store.entries()) wanted.insert(entry.name);
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : weights) names.push_back(name);
  const NameMap map = find_name_map(names, wanted);
  StateDict renamed;
  for (const auto& [name, entry] : weights) {
    if (std::string mapped = map(name, wanted); !mapped.empty()) {
      renamed.add(std::move(mapped), entry);
    }
  }
  return renamed;
}

FPANetOptions infer_options(const StateDict& weights, const std::string& source) {
  FPANetOptions options;
  const std::string encoder = kEncoder, decoder = kDecoder;
  options.in_channels = needed(weights, encoder + "conv1.weight", source).shape().at(1);
  options.encoder_name = infer_encoder(weights, source);
  options.classes = needed(weights, "model.segmentation_head.0.bias", source).shape().at(0);
  const std::string attention = decoder + "center.top_conv.bias";
  options.attention = weights.contains(attention);
  if (options.attention) {
    options.decoder_pab_channels = needed(weights, attention, source).shape().at(0);
  }
  options.encoder_depth = count_items(weights, decoder + "blocks.", ".conv1.0.weight");
  options.decoder_use_batchnorm = !weights.contains(decoder + "blocks.0.conv1.0.bias");
  options.decoder_channels.clear();
  for (int i = 0; i < options.encoder_depth; ++i) {
    const std::string name = fmt::format("{}blocks.{}.conv1.0.weight", decoder, i);
    options.decoder_channels.push_back(needed(weights, name, source).shape().at(0));
  }
  if (const StateEntry* head = weights.find("model.classification_head.3.weight")) {
    options.aux_params.emplace();
    options.aux_params->classes = head->shape().at(0);
  }
  return options;
}

}  // namespace fpanet
