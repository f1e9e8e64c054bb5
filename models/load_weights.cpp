#include "models/load_weights.hpp"

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

/// Matches the file with those parameters of `store` that begin with options.part.
Match match_store(const ParameterStore& store, const WeightsFile& weights,
                  const MatchOptions& options) {
  std::vector<WantedTensor> wanted;
  for (const ParameterEntry& entry : store.entries()) {
    if (!entry.name.starts_with(options.part)) continue;
    wanted.push_back({entry.name, {entry.shape.sizes().begin(), entry.shape.sizes().end()}});
  }
  return match_weights(weights, wanted, options);
}

MatchOptions model_options(const Network& network) {
  return {.subject = "model", .left_out = kAveragePrefix, .optional = network.optional_entries()};
}

std::string load(ParameterStore& store, const Match& match) {
  for (const auto& [name, entry] : match.tensors) {
    entry.copy_into(store.value(static_cast<std::size_t>(store.find(name))));
  }
  return match.summary;
}

}  // namespace

Match match_model(const ParameterStore& store, const Network& network, const WeightsFile& weights) {
  return match_store(store, weights, model_options(network));
}

std::string load_model(ParameterStore& store, const Network& network, const WeightsFile& weights) {
  return load(store, match_model(store, network, weights));
}

std::string load_for_fine_tuning(ParameterStore& store, const Network& network,
                                 const WeightsFile& weights, Index file_classes) {
  MatchOptions options = model_options(network);
  // With the image and its filtered copy side by side, the rule would mix the two.
  if (!network.encoder_prefix().empty() && network.preparation().input != InputKind::both) {
    options.any_channels = true;
    options.first_conv = network.encoder_prefix() + "conv1.weight";
  }
  if (file_classes != network.config().classes) options.kept = network.head_prefix();
  return load(store, match_store(store, weights, options));
}

std::string load_encoder(ParameterStore& store, const Network& network,
                         const WeightsFile& weights) {
  const std::string& prefix = network.encoder_prefix();
  require(!prefix.empty(), "{}: network {} has no encoder that it fits", weights.name,
          network.config().name);
  return load(store, match_store(store, weights,
                                 {.subject = "encoder",
                                  .part = prefix,
                                  .first_conv = prefix + "conv1.weight",
                                  .left_out = kAveragePrefix}));
}

}  // namespace fpanet
