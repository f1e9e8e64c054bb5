#include "apps/fpanet_predict/options.hpp"

#include "apps/cli/shared_settings.hpp"

namespace fpanet {

void describe(PredictOptions& options, Settings& settings) {
  settings
      .text("checkpoint", "FILE|RUN", &options.checkpoint,
            "a weight file (.safetensors, .pth, .ckpt) or a run folder",
            "Weights to predict with; of a run folder, the best ones")
      .required = true;
  settings
      .text("image", "FILE|DIR", &options.image, "a picture, or a folder of pictures",
            "What to predict on; of a folder, all pictures but *_mask.*")
      .required = true;
  settings
      .text("out", "DIR", &options.out, "a folder; created if missing",
            "Where NAME_mask.png and NAME_labels.png go")
      .required = true;
  settings.image_size("image-size", &options.image_size,
                      "Size that pictures are resized to, and size of the results");
  add_bands(settings, &options.pixels.bands, "the checkpoint's");
  add_scale(settings, &options.pixels.scale, "the checkpoint's");
  add_show_bands(settings, &options.pixels.show_bands);
  settings.flag("probabilities", &options.probabilities,
                "Also write NAME_probs.npy: float32, (classes,H,W)");
  settings.flag("overlay", &options.overlay,
                "Also write NAME_overlay.png: class colours over the picture");
  add_tta(settings, &options.tta);
  add_network_of_file(settings, &options.network);
  add_device(settings, &options.device);
  add_precision(settings, &options.precision);
  add_threads(settings, &options.threads);
  settings.flag("quiet", &options.quiet, "Print warnings and results only");
}

}  // namespace fpanet
