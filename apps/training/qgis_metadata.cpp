#include "apps/training/qgis_metadata.hpp"

#include <nlohmann/json.hpp>

namespace fpanet {

Metadata qgis_metadata(const NetworkConfig& network, const ClassTable& classes,
                       const ImageSize& size, std::optional<double> metres) {
  constexpr int kOverlapPercent = 25;  // as fpanet_predict cuts scenes
  nlohmann::json names = nlohmann::json::object();
  for (Index label = 0; label < classes.size(); ++label) {
    names[fmt::format("{}", label)] = classes.name(label);
  }
  const auto bands = static_cast<std::size_t>(network.bands);
  Metadata metadata = {
      {"model_type", nlohmann::json("Segmentor").dump()},
      {"class_names", names.dump()},
      {"tile_size", fmt::format("{}", size.width)},
      {"tiles_size", fmt::format("{}", size.width)},  // the plugin's documentation calls it so
      {"tiles_overlap", fmt::format("{}", kOverlapPercent)},
      {"seg_thresh", "0"},  // the likeliest class wins, however unlikely it is
      {"seg_small_segment", "0"},
      {"standardization_mean", nlohmann::json(std::vector<double>(bands, 0.0)).dump()},
      {"standardization_std", nlohmann::json(std::vector<double>(bands, 1.0)).dump()},
  };
  if (metres) metadata["resolution"] = nlohmann::json(*metres * 100).dump();  // cm per pixel
  return metadata;
}

}  // namespace fpanet
