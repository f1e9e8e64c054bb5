#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/cli/settings.hpp"
#include "data/image.hpp"

namespace fpanet {

/// What fpanet_eval can be told.
struct EvalOptions {
  std::string checkpoint;  ///< a weight file, or a run folder
  std::string data;        ///< a folder, or synthetic[:COUNT]
  std::string split = "test";
  std::string protocol = "clean";
  std::string mask_policy = "auto";
  std::int64_t batch_size = 8;
  std::optional<ImageSize> image_size;  ///< none: that of the checkpoint
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;
  bool deterministic = false;
  bool cache = true;
  std::string json;     ///< file to write; empty: none
  std::string figures;  ///< folder to write to; empty: none
  bool quiet = false;
};

/// Makes every member of `options` one of `settings`.
void describe(EvalOptions& options, Settings& settings);

}  // namespace fpanet
