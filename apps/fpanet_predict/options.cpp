#include "apps/fpanet_predict/options.hpp"

#include "apps/cli/python_repr.hpp"
#include "apps/cli/shared_settings.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {
namespace {

constexpr double kMostOverlap = 0.9;

void add_window(Settings& settings, ImageSize* window) {
  settings.add({.name = "window",
                .placeholder = "SIZE",
                .accepted = "a size such as 320, or HEIGHTxWIDTH",
                .help = "Size of the windows that a raster is cut into. With this flag, pictures\n"
                        "are cut, too, instead of being mapped at once",
                .kind = Setting::Kind::text_or_integer,
                .assign =
                    [window](const std::string& text) {
                      const auto parsed = parse_image_size(text);
                      if (!parsed || parsed->native()) return false;
                      *window = *parsed;
                      return true;
                    },
                .str =
                    [window] {
                      return window->native() ? std::string("the training size") : window->str();
                    }});
}

void add_overlap(Settings& settings, double* overlap) {
  settings.add({.name = "overlap",
                .placeholder = "SHARE",
                .accepted = fmt::format("a number from 0 to {}", kMostOverlap),
                .help = "Share of a window that its neighbour covers, too",
                .kind = Setting::Kind::real,
                .assign =
                    [overlap](const std::string& text) {
                      const auto number = parse_number<double>(text);
                      if (number) *overlap = *number;
                      return number && *number >= 0 && *number <= kMostOverlap;
                    },
                .str = [overlap] { return python_repr(*overlap); }});
}

void add_nodata(Settings& settings, std::optional<double>* nodata) {
  settings.add({.name = "nodata",
                .placeholder = "VALUE",
                .accepted = "a number, or nan",
                .help = "Value of rasters that stands for missing data",
                .kind = Setting::Kind::text_or_real,
                .assign =
                    [nodata](const std::string& text) {
                      *nodata = parse_number<double>(text);
                      return nodata->has_value();
                    },
                .str =
                    [nodata] {
                      return *nodata ? python_repr(**nodata) : std::string("what the raster says");
                    }});
}

void add_outputs(PredictOptions& options, Settings& settings) {
  settings.flag("probabilities", &options.probabilities,
                "Also write the probabilities of all classes: NAME_probs.tif of rasters, a band a\n"
                "class; NAME_probs.npy of pictures, float32 (classes,H,W)");
  settings.flag("confidence", &options.confidence,
                "Also write the probability of the likeliest class: NAME_confidence.tif or\n"
                "NAME_confidence.npy, float32 (H,W)");
  settings.flag("overlay", &options.overlay,
                "Also write NAME_overlay.png of pictures: class colours over the picture");
  settings.text("polygons", "FILE", &options.polygons, "a .gpkg or .geojson file",
                "Also write the areas of one raster's map as polygons: GeoPackage in the\n"
                "raster's coordinate reference system, GeoJSON in WGS84");
  settings.real("min-area", &options.min_area, 0,
                "Square metres below which areas join their largest neighbour in --polygons");
  settings.text("areas", "FILE", &options.areas, "a CSV file",
                "Also write class,pixels,hectares,share of all maps together");
  settings.flag("cog", &options.cloud_optimised, "Write cloud-optimised GeoTIFF files");
  settings.flag("resume", &options.resume,
                "Go on where a program with the same options was interrupted");
}

}  // namespace

void describe(PredictOptions& options, Settings& settings) {
  settings
      .text("checkpoint", "FILE|RUN", &options.checkpoint,
            "a weight file (.safetensors, .pth, .ckpt) or a run folder",
            "Weights to predict with; of a run folder, the best ones")
      .required = true;
  settings
      .text("image", "RASTER|FILE|DIR|LIST", &options.image,
            "a picture, a raster, a folder of both, or a .txt file that lists them",
            "What to predict on: a picture (JPEG, PNG, BMP), a raster (all else that GDAL reads),\n"
            "a folder, of which all but *_mask.*, or a .txt file with one of them a line")
      .required = true;
  settings
      .text("out", "DIR", &options.out, "a folder; created if missing",
            "Where NAME_labels.tif of rasters, NAME_mask.png and NAME_labels.png of pictures go")
      .required = true;
  settings.image_size("image-size", &options.image_size,
                      "Size that pictures are resized to, and size of the results");
  add_window(settings, &options.window);
  add_overlap(settings, &options.overlap);
  settings.choice("pixel-size", &options.pixel_size, {"auto", "keep"},
                  "auto: rasters whose pixels differ by more than a tenth from those that the\n"
                  "model was trained on are read resampled to the latter; keep: as they are");
  add_bands(settings, &options.pixels.bands, "the checkpoint's");
  add_scale(settings, &options.pixels.scale, "the checkpoint's");
  add_nodata(settings, &options.nodata);
  add_show_bands(settings, &options.pixels.show_bands);
  add_outputs(options, settings);
  add_tta(settings, &options.tta);
  add_network_of_file(settings, &options.network);
  add_device(settings, &options.device);
  add_precision(settings, &options.precision);
  add_threads(settings, &options.threads);
  settings.flag("quiet", &options.quiet, "Print warnings and results only");
}

}  // namespace fpanet
