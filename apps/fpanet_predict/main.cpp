#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "apps/cli/cli.hpp"
#include "apps/cli/memory.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_predict/job.hpp"
#include "apps/prediction/prediction.hpp"
#include "apps/training/run_folder.hpp"
#include "data/raster/polygons.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

/// Creates the folder. Throws UsageError if it is the folder of the pictures, where NAME_mask.png
/// may be the ground truth of NAME.jpg.
void make_out_folder(const fs::path& out, const fs::path& image) {
  std::error_code error;
  fs::create_directories(out, error);
  require(!error, "{}: cannot create the folder: {}", out.string(), error.message());
  const fs::path source = fs::is_directory(image, error) ? image : image.parent_path() / ".";
  if (fs::equivalent(out, source, error)) {
    usage_fail("--out {}: is the folder of the pictures; choose another folder", out.string());
  }
}

ClassTable classes_of(const ModelFile& file, Console& console) {
  if (!file.info.classes) {
    ClassTable classes = default_classes(file.network.classes);
    console.warning("{}: does not name its classes; {}", file.weights.name,
                    classes == ClassTable::deepglobe()
                        ? "assumed to be DeepGlobe's, in whose order and colours they are drawn"
                        : "they are drawn in made-up colours");
    return classes;
  }
  require(file.info.classes->size() == file.network.classes,
          "{}: the model has {} classes, but its metadata names {}", file.weights.name,
          file.network.classes, file.info.classes->size());
  return *file.info.classes;
}

/// Throws UsageError for --polygons and --min-area that do not go with what is to be predicted on.
void check_polygon_flags(const PredictOptions& options, const std::vector<PredictInput>& inputs) {
  if (options.polygons.empty()) {
    if (options.min_area > 0) usage_fail("--min-area {}: needs --polygons", options.min_area);
    return;
  }
  if (!is_polygon_file(options.polygons)) {
    usage_fail("--polygons {}: expected a .gpkg or .geojson file", options.polygons);
  }
  if (inputs.size() != 1 || !inputs.front().is_raster) {
    usage_fail("--polygons {}: takes the map of one raster, but --image {} has {}",
               options.polygons, options.image,
               inputs.size() == 1 ? "a picture" : fmt::format("{} images", inputs.size()));
  }
}

/// Throws UsageError for flags that do not go with what is to be predicted on.
void check_flags(const PredictOptions& options, const std::vector<PredictInput>& inputs) {
  const auto raster = std::ranges::find_if(inputs, &PredictInput::is_raster);
  const bool has_raster = raster != inputs.end();
  const bool has_windows = has_raster || !options.window.native();
  if (has_raster && options.overlay) {
    usage_fail("--overlay: is for pictures, but {} is a raster; a GIS lays NAME_labels.tif over it",
               raster->file.string());
  }
  if (has_raster && !options.image_size.native()) {
    usage_fail(
        "--image-size {}: is for pictures, but {} is a raster; --window sets the size of its "
        "windows",
        options.image_size.str(), raster->file.string());
  }
  if (!has_raster && options.nodata) usage_fail("--nodata: is for rasters, but there is none");
  if (!has_raster && options.cloud_optimised)
    usage_fail("--cog: is for rasters, but there is none");
  if (!has_windows && options.resume) {
    usage_fail(
        "--resume: pictures are mapped at once; it is for rasters, and pictures with --window");
  }
}

int run(const PredictOptions& options) {
  using Clock = std::chrono::steady_clock;
  Console console(options.quiet);
  const std::vector<PredictInput> inputs = find_inputs(options.image, console);
  check_flags(options, inputs);
  check_polygon_flags(options, inputs);
  const ModelFile file = open_model(find_checkpoint(options.checkpoint), options.told);
  const PixelFormat trained = pixels_of(file);
  const Bands bands = resolve_bands(options.pixels, trained);
  const Bands show = resolve_preview(options.pixels.show_bands, bands);
  const ClassTable classes = classes_of(file, console);
  const Placement placement = resolve_placement(
      {.device = options.device, .precision = options.precision, .threads = options.threads},
      console);
  Predictor predictor(placement, file, symmetries(options.tta));
  Areas areas(classes.size());
  const PredictJob job{.options = options,
                       .file = file,
                       .classes = classes,
                       .trained = trained,
                       .bands = bands,
                       .show = show,
                       .predictor = predictor,
                       .areas = areas,
                       .console = console};
  const auto in_windows = [&](const PredictInput& input) {
    return input.is_raster || !options.window.native();
  };
  if (std::ranges::any_of(inputs, in_windows)) window_size(job);  // says what does not fit
  make_out_folder(options.out, options.image);
  if (options.overlay) console.info("overlays: {}", preview_title(bands, show));

  std::size_t failed = 0;
  for (const PredictInput& input : inputs) {
    const std::string name = input.file.filename().string();
    const Clock::time_point start = Clock::now();
    try {
      if (in_windows(input)) {
        predict_scene(job, input);
      } else {
        predict_picture(job, input);
      }
    } catch (const UsageError&) {
      throw;
    } catch (const TooFewBands&) {
      throw;
    } catch (const std::exception& error) {
      ++failed;
      console.warning("no prediction for {}: {}", name, error.what());
      continue;
    }
    console.info("{}: {:.1f} s", name, std::chrono::duration<double>(Clock::now() - start).count());
  }
  require(failed == 0, "prediction failed for {} of {} pictures, see above", failed, inputs.size());
  if (!options.areas.empty()) areas.write(options.areas, classes);
  console.info("peak memory {}", bytes_str(peak_resident_bytes()));
  fmt::print("{} in {}\n",
             inputs.size() == 1 ? "1 prediction" : fmt::format("{} predictions", inputs.size()),
             options.out);
  return kExitDone;
}

}  // namespace
}  // namespace fpanet

int main(int argc, char** argv) {
  const auto app = fpanet::make_app(
      "fpanet_predict", "Maps land cover in pictures and rasters with a trained model.",
      "fpanet_predict --checkpoint runs/demo --image picture.jpg --out maps --overlay\n"
      "fpanet_predict --checkpoint best.safetensors --image pictures --out maps --image-size 320\n"
      "fpanet_predict --checkpoint notebook.ckpt --image picture.png --out maps --probabilities\n"
      "fpanet_predict --checkpoint runs/demo --image scene.tif --out maps --areas areas.csv --cog");
  fpanet::PredictOptions options;
  fpanet::Settings settings;
  fpanet::describe(options, settings);
  settings.add_flags(*app);
  return fpanet::run_main(*app, argc, argv, [&] {
    settings.check_required();
    options.told = told_network(options.network, settings);
    return fpanet::run(options);
  });
}
