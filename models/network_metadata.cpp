#include "models/network_metadata.hpp"

#include "engine/core/error.hpp"
#include "models/encoder_decoder.hpp"

namespace fpanet {

namespace {

const std::string kNetworkKey = "fpanet.network";
const std::string kBands = "bands", kClasses = "classes";
constexpr Index kMostPlanes = 65536;

}  // namespace

void write_network(const NetworkConfig& config, Metadata& metadata) {
  const auto key = [](const std::string& option) { return kNetworkKey + "." + option; };
  metadata[kNetworkKey] = config.name;
  metadata[key(kBands)] = std::to_string(config.bands);
  metadata[key(kClasses)] = std::to_string(config.classes);
  for (const auto& [option, value] : config.options) metadata[key(option)] = value;
}

bool names_network(const Metadata& metadata) {
  return metadata.contains(kNetworkKey);
}

std::optional<NetworkConfig> read_network(const Metadata& metadata, const std::string& source) {
  const auto name = metadata.find(kNetworkKey);
  if (name == metadata.end()) return std::nullopt;
  NetworkConfig config{.name = name->second};
  const std::string prefix = kNetworkKey + ".";
  for (const auto& [key, value] : metadata) {
    if (!key.starts_with(prefix)) continue;
    const std::string option = key.substr(prefix.size());
    if (option == kBands || option == kClasses) {
      const Index count = parse_count(value, kMostPlanes);
      require(count > 0, "{}: metadata {}='{}' is no number of channels", source, key, value);
      (option == kBands ? config.bands : config.classes) = count;
    } else {
      config.options[option] = value;
    }
  }
  try {
    return complete(config);
  } catch (const Error& error) {
    fail("{}: the metadata describe a network that this program does not know: {}", source,
         error.what());
  }
}

}  // namespace fpanet
