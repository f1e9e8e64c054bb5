#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/cli/settings.hpp"
#include "apps/training/network_settings.hpp"
#include "apps/training/pixel_choice.hpp"
#include "data/image.hpp"

namespace fpanet {

/// The options of fpanet_predict.
struct PredictOptions {
  std::string checkpoint;  ///< a weight file, or a run folder
  std::string image;       ///< a picture, a raster, a folder of both, or a list of them
  std::string out;
  ImageSize image_size;             ///< default: native
  ImageSize window;                 ///< native: the training size for rasters, none for pictures
  double overlap = 0.25;            ///< of the window
  PixelFlags pixels;                ///< empty: the checkpoint's
  std::string pixel_size = "auto";  ///< or keep
  std::optional<double> nodata;     ///< none: the raster's own
  bool probabilities = false;
  bool confidence = false;
  bool overlay = false;
  std::string polygons;  ///< .gpkg or .geojson
  double min_area = 0;   ///< of polygons, in square metres
  std::string areas;
  bool cloud_optimised = false;
  bool resume = false;
  std::string tta = "none";
  NetworkFlags network;   ///< of a weight file that does not say it
  ToldNetwork told = {};  ///< of these flags, those that were given
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;
  bool quiet = false;
};

/// Adds every member of `options` to `settings`.
void describe(PredictOptions& options, Settings& settings);

}  // namespace fpanet
