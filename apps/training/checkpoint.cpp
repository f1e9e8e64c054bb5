#include "apps/training/checkpoint.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/training/pixel_metadata.hpp"
#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/model_file.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

constexpr const char* kClasses = "fpanet.classes";
constexpr const char* kImageSize = "fpanet.image_size";
constexpr const char* kEpoch = "fpanet.epoch";
constexpr const char* kObjective = "fpanet.objective";
constexpr const char* kValLoss = "fpanet.val_loss";
constexpr const char* kPixelSize = "fpanet.pixel_size";

template <class T>
T parse(const std::string& text, const char* key, const std::string& source) {
  const auto value = parse_number<T>(text);
  require(value.has_value(), "{}: metadata {}='{}' is not a number", source, key, printable(text));
  return *value;
}

/// [["urban_land",0,255,255],...]
std::string classes_text(const ClassTable& table) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [name, color] : table.classes()) {
    rows.push_back({name, color[0], color[1], color[2]});
  }
  return rows.dump();
}

/// A channel of a colour, which must not wrap around.
std::uint8_t channel(const nlohmann::json& value) {
  require(value.is_number_integer() && value >= 0 && value <= 255,
          "{} is not a colour value, expected 0 to 255", value.dump());
  return value.get<std::uint8_t>();
}

ClassTable parse_classes(const std::string& text, const std::string& source) {
  constexpr std::size_t kMostBytes = 1 << 20;
  require(text.size() <= kMostBytes, "{}: metadata {} has {} bytes, more than {}", source, kClasses,
          text.size(), kMostBytes);
  try {
    std::vector<ClassInfo> classes;
    for (const nlohmann::json& row : nlohmann::json::parse(text)) {
      require(row.size() == 4, "a row of {} values", row.size());
      classes.push_back({row.at(0), {channel(row.at(1)), channel(row.at(2)), channel(row.at(3))}});
    }
    return ClassTable(std::move(classes));
  } catch (const nlohmann::json::exception&) {
    fail("{}: metadata {} is not a list of [name,r,g,b]", source, kClasses);
  } catch (const Error& error) {
    fail("{}: metadata {} is not a list of [name,r,g,b]: {}", source, kClasses, error.what());
  }
}

ImageSize parse_image_size(const std::string& text, const std::string& source) {
  try {
    return ImageSize::parse(text);
  } catch (const Error& error) {
    fail("{}: metadata {}: {}", source, kImageSize, error.what());
  }
}

}  // namespace

Metadata to_metadata(const NetworkConfig& network, const CheckpointInfo& info) {
  Metadata metadata;
  write_network(network, metadata);
  if (info.classes) metadata[kClasses] = classes_text(*info.classes);
  if (info.image_size) metadata[kImageSize] = info.image_size->str();
  if (info.epoch) metadata[kEpoch] = std::to_string(*info.epoch);
  if (info.objective) metadata[kObjective] = to_json(*info.objective);
  if (info.val_loss) metadata[kValLoss] = fmt::format("{}", *info.val_loss);
  if (info.pixels) write_pixels(*info.pixels, metadata);
  if (info.pixel_size) metadata[kPixelSize] = fmt::format("{}", *info.pixel_size);
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
  if (const std::string* text = value_of(kImageSize)) {
    info.image_size = parse_image_size(*text, source);
  }
  if (const std::string* text = value_of(kEpoch)) {
    info.epoch = parse<std::int64_t>(*text, kEpoch, source);
  }
  if (const std::string* text = value_of(kObjective)) {
    info.objective = objective_from_json(*text, source);
    info.objective->ignore_index = kIgnoreLabel;
  }
  if (const std::string* text = value_of(kValLoss)) {
    info.val_loss = parse<double>(*text, kValLoss, source);
  }
  info.pixels = read_pixels(metadata, source);
  if (const std::string* text = value_of(kPixelSize)) {
    info.pixel_size = parse<double>(*text, kPixelSize, source);
    require(std::isfinite(*info.pixel_size) && *info.pixel_size > 0,
            "{}: metadata {}='{}' is not a length in metres", source, kPixelSize, printable(*text));
  }
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
  require(!info.classes || info.classes->size() == network.classes,
          "{}: the model has {} classes, but its metadata names {}", weights.name, network.classes,
          info.classes ? info.classes->size() : 0);
  ParameterStore store;
  match_model(store, *make_network(store, network), weights);
  return {std::move(weights), std::move(network), std::move(info)};
}

}  // namespace fpanet
