#pragma once

#include "apps/cli/console.hpp"
#include "apps/fpanet_predict/inputs.hpp"
#include "apps/fpanet_predict/options.hpp"
#include "apps/fpanet_predict/predictor.hpp"
#include "apps/prediction/areas.hpp"
#include "apps/prediction/map_files.hpp"

namespace fpanet {

inline constexpr double kOverlayOpacity = 0.5;

/// What all pictures and rasters of a call share.
struct PredictJob {
  const PredictOptions& options;
  const ModelFile& file;
  ClassTable classes;
  PixelFormat trained;  ///< on which pixels the model was trained
  Bands bands, show;    ///< which bands of the pictures it reads and people see
  Predictor& predictor;
  Areas& areas;
  Console& console;

  MapFiles files(const PredictInput& input) const {
    return {.folder = options.out,
            .name = input.name,
            .contents = {.classes = classes.size(),
                         .confidence = options.confidence,
                         .probabilities = options.probabilities}};
  }
};

/// Maps a picture at once.
void predict_picture(const PredictJob& job, const PredictInput& input);
/// Maps a raster, or with --window a picture, window by window.
void predict_scene(const PredictJob& job, const PredictInput& input);
/// The size of the windows that a scene is cut into. Throws UsageError if the network cannot take --window, or if
/// neither this nor the checkpoint tells a size.
ImageSize window_size(const PredictJob& job);

}  // namespace fpanet
