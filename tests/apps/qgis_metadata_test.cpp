#include "apps/training/qgis_metadata.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace fpanet {

TEST_CASE("QGIS metadata: every value is JSON, classes are numbered from 0") {
  NetworkConfig network;
  network.bands = 4;
  const ClassTable classes({{"water \"deep\"", {0, 0, 255}}, {"forêt", {0, 255, 0}}});
  const Metadata metadata = qgis_metadata(network, classes, {64, 96}, 0.25);
  const auto value = [&](const char* key) { return nlohmann::json::parse(metadata.at(key)); };
  CHECK(value("model_type") == "Segmentor");
  CHECK(value("class_names") == nlohmann::json{{"0", "water \"deep\""}, {"1", "forêt"}});
  CHECK(value("resolution") == 25.0);
  CHECK(value("tile_size") == 96);
  CHECK(value("tiles_size") == 96);
  CHECK(value("tiles_overlap") == 25);
  CHECK(value("seg_thresh") == 0);
  CHECK(value("seg_small_segment") == 0);
  CHECK(value("standardization_mean") == std::vector<double>(4, 0.0));
  CHECK(value("standardization_std") == std::vector<double>(4, 1.0));
  CHECK(!qgis_metadata(network, classes, {64, 96}, std::nullopt).contains("resolution"));
}

}  // namespace fpanet
