#include "apps/training/checkpoint.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "apps/training/pixel_metadata.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/match_weights.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/model_file.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

constexpr const char* kClasses = "fpanet.classes";
constexpr const char* kImageSize = "fpanet.image_size";
constexpr const char* kEpoch = "fpanet.epoch";
constexpr const char* kValLoss = "fpanet.val_loss";

template <class T>
T parse(const std::string& text, const char* key, const std::string& source) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc() && end == text.data() + text.size(),
          "{}: metadata {}='{}' is not a number", source, key, text);
  return value;
}

/// [["urban_land",0,255,255],...]
std::string classes_text(const ClassTable& table) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [name, color] : table.classes()) {
    rows.push_back({name, color[0], color[1], color[2]});
  }
  return rows.dump();
}

ClassTable parse_classes(const std::string& text, const std::string& source) {
  try {
    std::vector<ClassInfo> classes;
    for (const nlohmann::json& row : nlohmann::json::parse(text)) {
      classes.push_back({row.at(0), {row.at(1), row.at(2), row.at(3)}});
    }
    return ClassTable(std::move(classes));
  } catch (const nlohmann::json::exception&) {
    fail("{}: metadata {} is not a list of [name,r,g,b]", source, kClasses);
  }
}

std::string load(ParameterStore& store, const WeightsFile& weights, const std::string& prefix,
                 const MatchOptions& options) {
  std::vector<WantedTensor> wanted;
  for (const ParameterEntry& entry : store.entries()) {
    if (!entry.name.starts_with(prefix)) continue;
    wanted.push_back({entry.name, {entry.shape.sizes().begin(), entry.shape.sizes().end()}});
  }
  const Match match = match_weights(weights, wanted, options);
  for (const auto& [name, entry] : match.tensors) {
    entry.copy_into(store.value(static_cast<std::size_t>(store.find(name))));
  }
  return match.summary;
}

}  // namespace

Metadata to_metadata(const NetworkConfig& network, const CheckpointInfo& info) {
  Metadata metadata;
  write_network(network, metadata);
  if (info.classes) metadata[kClasses] = classes_text(*info.classes);
  if (info.image_size) metadata[kImageSize] = info.image_size->str();
  if (info.epoch) metadata[kEpoch] = std::to_string(*info.epoch);
  if (info.val_loss) metadata[kValLoss] = fmt::format("{}", *info.val_loss);
  if (info.pixels) write_pixels(*info.pixels, metadata);
  return metadata;
}

CheckpointInfo read_info(const Metadata& metadata, const std::string& source) {
  CheckpointInfo info;
  const auto value_of = [&](const char* key) -> const std::string* {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
  };
  if (const std::string* text = value_of(kClasses)) {
    info.classes = parse_classes(*text, source);
  }
  if (const std::string* text = value_of(kImageSize)) info.image_size = ImageSize::parse(*text);
  if (const std::string* text = value_of(kEpoch)) {
    info.epoch = parse<std::int64_t>(*text, kEpoch, source);
  }
  if (const std::string* text = value_of(kValLoss)) {
    info.val_loss = parse<double>(*text, kValLoss, source);
  }
  info.pixels = read_pixels(metadata, source);
  return info;
}

void save_model(const std::filesystem::path& path, const ParameterStore& store,
                const NetworkConfig& network, const CheckpointInfo& info) {
  write_safetensors(path, to_state_dict(store), to_metadata(network, info));
}

ModelFile open_model(const std::filesystem::path& path, const ToldNetwork& told) {
  WeightsFile weights = read_weights(path);
  NetworkConfig network = network_of(weights, told);
  CheckpointInfo info = read_info(weights.metadata, weights.name);
  return {std::move(weights), std::move(network), std::move(info)};
}

std::string load_model(ParameterStore& store, const Network& network, const WeightsFile& weights) {
  return load(store, weights, "", {.subject = "model", .optional = network.optional_entries()});
}

std::string load_encoder(ParameterStore& store, const Network& network,
                         const WeightsFile& weights) {
  const std::string& prefix = network.encoder_prefix();
  require(!prefix.empty(), "{}: network {} has no encoder that it fits", weights.name,
          network.config().name);
  return load(store, weights, prefix,
              {.subject = "encoder", .first_conv = prefix + "conv1.weight"});
}

}  // namespace fpanet
