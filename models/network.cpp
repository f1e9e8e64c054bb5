#include "models/network.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

const std::string& NetworkConfig::at(const std::string& option) const {
  const auto found = options.find(option);
  require(found != options.end(), "network '{}': option '{}' is not filled in", name, option);
  return found->second;
}

Index Network::smallest_side() const {
  return std::max(traits_.output_stride, traits_.preparation.smallest_side());
}

void Network::check_input_shape(const Shape& shape, Index channels) const {
  require(shape.rank() == 4 && shape[1] == channels, "{}: input of shape {} is not (N,{},H,W)",
          config_.name, shape, channels);
  const Index h = shape[2], w = shape[3], s = output_stride();
  if (h % s == 0 && w % s == 0) return;
  const auto padded = [s](Index size) { return size % s == 0 ? size : (size / s + 1) * s; };
  fail(
      "{}: Wrong input shape height={}, width={}. Expected image height and width divisible by "
      "{}. Consider pad your images to shape ({}, {}).",
      config_.name, h, w, s, padded(h), padded(w));
}

Value Network::prepare(Value image) const {
  check_input_shape(image.shape(), config_.bands);
  return traits_.preparation.prepare(image);
}

AssembledBatch Network::prepare(const SceneBatch& batch, DType dtype, DType encoder_dtype) const {
  check_input_shape(batch.scenes.shape(), config_.bands);
  return traits_.preparation.prepare(batch, dtype, encoder_dtype);
}

const NetworkOption* NetworkKind::find(const std::string& option) const {
  const auto found = std::ranges::find(options, option, &NetworkOption::name);
  return found == options.end() ? nullptr : &*found;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const NetworkKind& kind : network_kinds()) names.push_back(kind.name);
  return names;
}

const NetworkKind& network_kind(const std::string& name) {
  const auto found = std::ranges::find(network_kinds(), name, &NetworkKind::name);
  if (found == network_kinds().end()) {
    fail("network '{}' is unknown; known are {}", name, join(network_names(), ", "));
  }
  return *found;
}

NetworkOptionError::NetworkOptionError(std::string option, std::string value, std::string reason)
    : Error(fmt::format("network option {} = {}: {}", option, value, reason)),
      option_(std::move(option)),
      value_(std::move(value)),
      reason_(std::move(reason)) {}

NetworkConfig complete(NetworkConfig config) {
  const NetworkKind& kind = network_kind(config.name);
  for (const auto& [name, value] : config.options) {
    if (kind.find(name) != nullptr) continue;
    std::vector<std::string> taken;
    for (const NetworkOption& option : kind.options) taken.push_back(option.name);
    throw NetworkOptionError(
        name, value,
        fmt::format("network '{}' has no such option; it takes {}", kind.name, join(taken, ", ")));
  }
  const std::map<std::string, std::string> told = std::exchange(config.options, {});
  for (const NetworkOption& option : kind.options) {
    const auto value = told.find(option.name);
    const std::string why_not = option.why_not ? option.why_not(config) : std::string();
    if (value == told.end()) {
      if (why_not.empty()) config.options[option.name] = option.standard(config);
      continue;
    }
    if (!why_not.empty()) throw NetworkOptionError(option.name, value->second, why_not);
    if (!option.fits(value->second)) {
      throw NetworkOptionError(option.name, value->second, "expected " + option.accepted);
    }
    if (option.conflict) {
      const std::string reason = option.conflict(value->second, config);
      if (!reason.empty()) throw NetworkOptionError(option.name, value->second, reason);
    }
    config.options[option.name] = value->second;
  }
  return config;
}

std::unique_ptr<Network> make_network(ParameterStore& store, const NetworkConfig& config) {
  return network_kind(config.name).make(store, complete(config));
}

ImageNeeds image_needs(const NetworkConfig& config) {
  ParameterStore store;
  const std::unique_ptr<Network> network = make_network(store, config);
  return {network->output_stride(), network->smallest_side()};
}

}  // namespace fpanet
