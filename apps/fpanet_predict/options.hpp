#pragma once

#include <cstdint>
#include <string>

#include "apps/cli/settings.hpp"
#include "data/image.hpp"

namespace fpanet {

/// What fpanet_predict can be told.
struct PredictOptions {
  std::string checkpoint;  ///< a weight file, or a run folder
  std::string image;       ///< a picture, or a folder of them
  std::string out;
  ImageSize image_size;  ///< native unless told
  bool probabilities = false;
  bool overlay = false;
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;
  bool quiet = false;
};

/// Makes every member of `options` one of `settings`.
void describe(PredictOptions& options, Settings& settings);

}  // namespace fpanet
