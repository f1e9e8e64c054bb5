// Rasters, and with --window pictures, of which the network sees windows.

#include <chrono>
#include <memory>
#include <system_error>

#include "apps/cli/progress.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_predict/job.hpp"
#include "apps/prediction/picture_reader.hpp"
#include "apps/prediction/scene_mapper.hpp"
#include "apps/report/figures.hpp"
#include "apps/training/pixel_metadata.hpp"
#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "data/padding.hpp"
#include "data/raster/polygons.hpp"
#include "data/resize.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

constexpr Index kNotebookSide = 320;           // for files that do not tell their training size
constexpr Index kBatchPixels = 8 * 320 * 320;  // that the network sees at a time, at most

/// A raster or a picture, and how it is read.
struct OpenScene {
  std::unique_ptr<Image> picture;  ///< in memory; none of a raster
  std::unique_ptr<RasterReader> reader;
  PixelFormat pixels;
  SceneGrid grid;
};

SceneGrid grid_of(const PredictJob& job, const RasterInfo& info) {
  const ImageSize size{info.height, info.width};
  if (job.options.pixel_size == "keep" || !job.file.info.pixel_size) return same_grid(size);
  const auto metres = metres_per_pixel(info.georeference, info.height, info.width);
  if (!metres) return same_grid(size);
  SceneGrid grid = training_grid(size, *metres, *job.file.info.pixel_size);
  if (!grid.is_same()) {
    job.console.info(
        "{}: its pixels of {:.3g} m x {:.3g} m are read resampled to the {:.3g} m that the model "
        "was trained on; the map keeps the raster's pixels (--pixel-size keep: no resampling)",
        info.name, (*metres)[0], (*metres)[1], *job.file.info.pixel_size);
  }
  return grid;
}

OpenScene open_scene(const PredictJob& job, const PredictInput& input) {
  OpenScene scene;
  if (input.is_raster) {
    scene.reader =
        open_raster(input.file, {.bands = job.bands.numbers(), .nodata = job.options.nodata});
    const Georeference& place = scene.reader->info().georeference;
    if (!job.options.polygons.empty()) check_polygon_place(job.options.polygons, place);
    if (place.crs.empty() && place.points_crs.empty()) {
      job.console.warning("{}: has no coordinate reference system, so its map has none either",
                          input.file.string());
    }
  } else {
    scene.picture = std::make_unique<Image>(resize(read_image(input.file, {.bands = job.bands}),
                                                   job.options.image_size, Interpolation::linear));
    scene.reader = picture_reader(*scene.picture, input.file.string());
  }
  const RasterInfo& info = scene.reader->info();
  scene.pixels =
      resolve_pixels(job.options.pixels, job.trained, info.type, input.file.filename().string());
  scene.grid = grid_of(job, info);
  return scene;
}

/// Everything on which the map depends, line by line.
std::string description(const PredictJob& job, const PredictInput& input, const OpenScene& scene,
                        const SceneMapper& mapper) {
  const PredictOptions& options = job.options;
  const RasterInfo& info = scene.reader->info();
  std::error_code unknown;  // of what only GDAL finds
  const auto bytes = fs::file_size(input.file, unknown);
  const auto changed = fs::last_write_time(input.file, unknown).time_since_epoch().count();
  const Placement& placement = job.predictor.placement();
  Metadata model;
  write_network(job.file.network, model);
  write_pixels(scene.pixels, model);
  std::string text = fmt::format("fpanet {}\nimage {} {} {} {}x{}\nweights {:08x}\n",
                                 FPANET_VERSION, fs::absolute(input.file, unknown).string(), bytes,
                                 changed, info.height, info.width, job.predictor.checksum());
  for (const auto& [key, value] : model) text += fmt::format("{} {}\n", key, value);
  const auto lines = {
      fmt::format("window {}x{}", mapper.plan.rows.size(), mapper.plan.columns.size()),
      fmt::format("overlap {}", options.overlap),
      fmt::format("grid {}x{}", scene.grid.rows.grid, scene.grid.columns.grid),
      fmt::format("nodata {}", options.nodata ? fmt::format("{}", *options.nodata) : "as declared"),
      fmt::format("tta {}", options.tta),
      fmt::format("device {} precision {}", placement.device().str(), options.precision),
      fmt::format("confidence {} probabilities {}", options.confidence, options.probabilities)};
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

SceneMapper mapper_of(const PredictJob& job, const OpenScene& scene) {
  const ImageSize window = window_size(job);
  WindowPlan plan(scene.grid.size(), window, job.options.overlap);
  const Index most = std::max<Index>(1, kBatchPixels / (window.height * window.width));
  return {.grid = scene.grid,
          .plan = plan,
          .batch = std::min(most, plan.columns.count()),
          .contents = {.classes = job.classes.size(),
                       .confidence = job.options.confidence,
                       .probabilities = job.options.probabilities},
          .network_on_cpu = job.predictor.placement().device().is_cpu()};
}

/// Runs the network on the windows, with a line of progress and one at the end.
void map_windows(const PredictJob& job, const PredictInput& input, const OpenScene& scene,
                 const SceneMapper& mapper, FinishedRows& rows) {
  const Index ahead = mapper.windows_ahead(rows);
  if (rows.count() > 0) {
    job.console.info("{}: goes on behind {} of {} finished rows of windows",
                     input.file.filename().string(), rows.count(), mapper.plan.rows.count());
  }
  if (ahead == 0) return;
  Progress progress(job.console, input.file.filename().string(), ahead, "windows");
  Index with_data = 0;
  const double network_seconds =
      mapper.run(*scene.reader, rows,
                 job.predictor.windows(scene.pixels, mapper.batch,
                                       {mapper.plan.rows.size(), mapper.plan.columns.size()}),
                 [&](Index windows, Index empty) {
                   with_data += windows;
                   for (Index i = 0; i < windows + empty; ++i) progress.step(1);
                 });
  const RasterInfo& info = scene.reader->info();
  const double megapixels = static_cast<double>(info.height) * static_cast<double>(info.width) /
                            1e6 * static_cast<double>(ahead) /
                            static_cast<double>(mapper.plan.count());
  job.console.info(
      "{}: {} of {} windows hold data; {:.2f} megapixels in {:.1f} s, {:.2f} a second, the network "
      "busy {:.0f} % of the time",
      input.file.filename().string(), with_data, ahead, megapixels, progress.seconds(),
      megapixels / progress.seconds(), 100 * network_seconds / progress.seconds());
}

void add_areas(const PredictJob& job, const OpenScene& scene, const FinishedRows& rows,
               const MapContents& contents) {
  const RasterInfo& info = scene.reader->info();
  const std::vector<double> areas = pixel_areas(info.georeference, info.height, info.width);
  std::size_t row = 0;
  for_each_part(rows, info.width, contents, [&](const MapRows& part) {
    const auto width = static_cast<std::size_t>(part.width);
    for (std::size_t y = 0; y < static_cast<std::size_t>(part.height); ++y, ++row) {
      job.areas.add(std::span(part.labels).subspan(y * width, width),
                    areas.empty() ? std::nullopt : std::optional(areas[row]));
    }
  });
}

void write_results(const PredictJob& job, const PredictInput& input, const OpenScene& scene,
                   const FinishedRows& rows) {
  const MapFiles files = job.files(input);
  const RasterInfo& info = scene.reader->info();
  if (!job.options.areas.empty()) add_areas(job, scene, rows, files.contents);
  if (input.is_raster) {
    write_map_rasters(files, rows, info, job.classes, job.options.cloud_optimised);
    if (!job.options.polygons.empty()) {
      write_polygons(job.options.polygons, files.file("_labels.tif"), job.classes,
                     job.options.min_area);
    }
    return;
  }
  const MapRows map = whole_map(rows, info.width, files.contents);
  write_map_pictures(files, map, job.classes);
  if (job.options.overlay) {
    Image labels(map.height, map.width, 1);
    labels.pixels = map.labels;
    write_png(files.file("_overlay.png"),
              overlay(rgb_preview(*scene.picture, scene.pixels, job.show),
                      colors_from_labels(labels, job.classes), kOverlayOpacity));
  }
}

}  // namespace

ImageSize window_size(const PredictJob& job) {
  const NetworkNeeds needs = job.predictor.needs();
  const ImageSize& given = job.options.window;
  if (!given.native()) {
    const ImageSize fits = padded_size(given, needs.stride, needs.smallest_side);
    if (fits != given) {
      usage_fail("--window {}: the network takes sides that are multiples of {}, such as {}",
                 given.str(), needs.stride, fits.str());
    }
    return given;
  }
  const ImageSize trained =
      job.file.info.image_size.value_or(ImageSize{kNotebookSide, kNotebookSide});
  if (trained.native()) {
    usage_fail("{}: was trained on images of their own sizes: give --window SIZE, about their size",
               job.file.weights.name);
  }
  return padded_size(trained, needs.stride, needs.smallest_side);
}

void predict_scene(const PredictJob& job, const PredictInput& input) {
  const OpenScene scene = open_scene(job, input);
  const SceneMapper mapper = mapper_of(job, scene);
  const fs::path folder = fs::path(job.options.out) / (input.name + "_unfinished");
  FinishedRows rows(folder, description(job, input, scene, mapper), job.options.resume);
  try {
    map_windows(job, input, scene, mapper, rows);
    write_results(job, input, scene, rows);
  } catch (...) {
    if (rows.count() == 0) rows.remove();
    throw;
  }
  rows.remove();
}

}  // namespace fpanet
