#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/cli/settings.hpp"
#include "apps/training/network_settings.hpp"
#include "apps/training/pixel_choice.hpp"
#include "data/image.hpp"

namespace fpanet {

/// The options of fpanet_eval.
struct EvalOptions {
  std::string checkpoint;  ///< a weight file, or a run folder
  std::string data;        ///< a folder, a list of rasters, or synthetic[:COUNT]
  std::string split = "test";
  std::string protocol = "clean";
  std::string mask_policy = "auto";
  std::int64_t batch_size = 8;
  std::optional<ImageSize> image_size;  ///< none: the checkpoint's, else 320
  NetworkFlags network;                 ///< of a weight file that does not say it
  ToldNetwork told = {};                ///< of these flags, those that were given
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;
  std::string tta = "none";
  bool deterministic = false;
  bool cache = true;
  PixelFlags pixels;    ///< empty: the checkpoint's
  std::string json;     ///< file to write; empty: none
  std::string figures;  ///< folder to write to; empty: none
  bool quiet = false;
};

/// Adds every member of `options` to `settings`.
void describe(EvalOptions& options, Settings& settings);

}  // namespace fpanet
