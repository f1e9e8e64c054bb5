#pragma once

#include <cstdint>
#include <string>

#include "apps/cli/settings.hpp"
#include "apps/training/network_settings.hpp"
#include "apps/training/pixel_choice.hpp"
#include "data/image.hpp"

namespace fpanet {

/// The options of fpanet_predict.
struct PredictOptions {
  std::string checkpoint;  ///< a weight file, or a run folder
  std::string image;       ///< a picture, or a folder of pictures
  std::string out;
  ImageSize image_size;  ///< default: native
  PixelFlags pixels;     ///< empty: the checkpoint's
  bool probabilities = false;
  bool overlay = false;
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
