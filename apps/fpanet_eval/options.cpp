#include "apps/fpanet_eval/options.hpp"

#include "apps/cli/shared_settings.hpp"

namespace fpanet {
namespace {

constexpr std::int64_t kLargestBatch = 4096;

void add_image_size(Settings& settings, std::optional<ImageSize>* size) {
  settings.add({.name = "image-size",
                .placeholder = "N|HxW|native",
                .accepted = "a side like 320, HxW like 320x480 (at most 2^28 pixels), or native",
                .help = "Size that images are resized to, and of windows of rasters",
                .kind = Setting::Kind::text_or_integer,
                .assign =
                    [size](const std::string& text) {
                      const auto parsed = parse_image_size(text);
                      if (parsed) *size = parsed;
                      return parsed.has_value();
                    },
                .str = [size] { return *size ? (*size)->str() : "the checkpoint's, else 320"; }});
}

}  // namespace

void describe(EvalOptions& options, Settings& settings) {
  settings
      .text("checkpoint", "FILE|RUN", &options.checkpoint,
            "a weight file (.safetensors, .pth, .ckpt) or a run folder",
            "Weights to evaluate; of a run folder, the best ones")
      .required = true;
  add_data(settings, &options.data, "Images with masks");
  settings.text("split", "test|val|train|all|FILE.csv", &options.split,
                "test, val, train, all, or a CSV file with the columns id,split",
                "Which images. test, val and train are parts of the split\n"
                "of the checkpoint's run, as far as the data has its images;\n"
                "without a run, of the notebook's split. Of a CSV file, the\n"
                "test rows are used, or all rows if there are no test rows");
  add_protocol(settings, &options.protocol);
  add_mask_policy(settings, &options.mask_policy);
  settings.integer("batch-size", &options.batch_size, 1, kLargestBatch,
                   "Images per batch; the notebook's numbers depend on it");
  add_image_size(settings, &options.image_size);
  add_tta(settings, &options.tta);
  add_network_of_file(settings, &options.network);
  add_bands(settings, &options.pixels.bands, "the checkpoint's");
  add_scale(settings, &options.pixels.scale, "the checkpoint's");
  add_show_bands(settings, &options.pixels.show_bands);
  add_device(settings, &options.device);
  add_precision(settings, &options.precision);
  add_threads(settings, &options.threads);
  add_deterministic(settings, &options.deterministic);
  add_cache(settings, &options.cache);
  settings.text("json", "FILE", &options.json, "a file", "Write every number to this file");
  settings.text("figures", "DIR", &options.figures, "a folder; created if missing",
                "Draw image, mask and prediction there, one PNG per image");
  settings.flag("quiet", &options.quiet, "Print warnings and results only");
}

}  // namespace fpanet
