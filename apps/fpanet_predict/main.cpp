#include <chrono>
#include <filesystem>
#include <map>
#include <system_error>

#include "apps/cli/cli.hpp"
#include "apps/cli/memory.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_predict/options.hpp"
#include "apps/fpanet_predict/predictor.hpp"
#include "apps/prediction/npy.hpp"
#include "apps/prediction/prediction.hpp"
#include "apps/report/figures.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/run_folder.hpp"
#include "data/folder.hpp"
#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "data/resize.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

constexpr double kOverlayOpacity = 0.5;

/// The pictures to predict on. Warns of pictures in a folder that cannot be read. Throws Error if the results of two of them would have the same name.
std::vector<fs::path> find_images(const fs::path& file_or_folder, Console& console) {
  std::error_code error;
  if (!fs::is_directory(file_or_folder, error)) {
    require(fs::exists(file_or_folder, error), "{}: there is no such picture or folder",
            file_or_folder.string());
    return {file_or_folder};
  }
  const std::vector<fs::path> unread = list_unread_images(file_or_folder);
  if (!unread.empty()) {
    std::vector<std::string> names;
    for (const fs::path& file : unread) names.push_back(file.filename().string());
    console.warning("no prediction for {} files in a format that is not read: {}; convert them",
                    unread.size(), join(names, ", "));
  }
  std::vector<fs::path> files = list_images(file_or_folder);
  std::map<std::string, fs::path> seen;
  for (const fs::path& file : files) {
    const auto [other, is_new] = seen.emplace(file.stem().string(), file);
    require(is_new, "{} and {} would both be written as {}_mask.png; rename one",
            other->second.string(), file.string(), file.stem().string());
  }
  return files;
}

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

/// What the model was trained on, and which bands of the pictures it reads and people see.
struct Reading {
  PixelFormat trained;
  Bands bands, show;
};

void predict(Predictor& predictor, const ClassTable& classes, const fs::path& file,
             const PredictOptions& options, const Reading& reading) {
  const Image picture = read_image(file, {.bands = reading.bands});
  const PixelFormat pixels =
      resolve_pixels(options.pixels, reading.trained, picture.type, file.filename().string());
  const Image image = resize(picture, options.image_size, Interpolation::linear);
  const ImageSize size{image.height, image.width};
  const Tensor probabilities = predictor.run(image, pixels);
  const Image labels = likeliest_labels(probabilities, 0, size);
  const Image colors = colors_from_labels(labels, classes);
  const auto result = [&](const char* ending) {
    return fs::path(options.out) / (file.stem().string() + ending);
  };
  write_png(result("_mask.png"), colors);
  write_png(result("_labels.png"), labels);
  if (options.overlay) {
    write_png(result("_overlay.png"),
              overlay(rgb_preview(image, pixels, reading.show), colors, kOverlayOpacity));
  }
  if (options.probabilities) {
    write_npy(result("_probs.npy"), planar_probabilities(probabilities, 0, size),
              {classes.size(), size.height, size.width});
  }
}

int run(const PredictOptions& options) {
  using Clock = std::chrono::steady_clock;
  Console console(options.quiet);
  const std::vector<fs::path> files = find_images(options.image, console);
  const ModelFile file = open_model(find_checkpoint(options.checkpoint), options.told);
  const PixelFormat trained = pixels_of(file);
  const Bands bands = resolve_bands(options.pixels, trained);
  const Reading reading{trained, bands, resolve_preview(options.pixels.show_bands, bands)};
  const ClassTable classes = classes_of(file, console);
  const Placement placement = resolve_placement(
      {.device = options.device, .precision = options.precision, .threads = options.threads},
      console);
  Predictor predictor(placement, file, symmetries(options.tta));
  make_out_folder(options.out, options.image);
  if (options.overlay) console.info("overlays: {}", preview_title(bands, reading.show));

  std::size_t failed = 0;
  for (const fs::path& picture : files) {
    const Clock::time_point start = Clock::now();
    try {
      predict(predictor, classes, picture, options, reading);
    } catch (const UsageError&) {
      throw;
    } catch (const TooFewBands&) {
      throw;
    } catch (const std::exception& error) {
      ++failed;
      console.warning("no prediction for {}: {}", picture.filename().string(), error.what());
      continue;
    }
    console.info("{}: {:.1f} s", picture.filename().string(),
                 std::chrono::duration<double>(Clock::now() - start).count());
  }
  require(failed == 0, "prediction failed for {} of {} pictures, see above", failed, files.size());
  console.info("peak memory {}", bytes_str(peak_resident_bytes()));
  fmt::print("{} in {}\n",
             files.size() == 1 ? "1 prediction" : fmt::format("{} predictions", files.size()),
             options.out);
  return kExitDone;
}

}  // namespace
}  // namespace fpanet

int main(int argc, char** argv) {
  const auto app = fpanet::make_app(
      "fpanet_predict", "Maps land cover in pictures with a trained model.",
      "fpanet_predict --checkpoint runs/demo --image picture.jpg --out maps --overlay\n"
      "fpanet_predict --checkpoint best.safetensors --image pictures --out maps --image-size 320\n"
      "fpanet_predict --checkpoint notebook.ckpt --image picture.png --out maps --probabilities");
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
