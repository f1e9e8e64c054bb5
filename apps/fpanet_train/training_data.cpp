#include "apps/fpanet_train/training_data.hpp"

#include <array>

#include "apps/cli/shared_settings.hpp"
#include "apps/training/rank_parts.hpp"
#include "apps/training/scene_check.hpp"
#include "data/band_statistics.hpp"
#include "data/image_cache.hpp"
#include "engine/core/cache_folder.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

/// The split of the pictures.
Split make_split(const Dataset& dataset, const std::string& data, const std::string& split) {
  if (split != "notebook") return read_split(split, dataset.picture_ids());
  if (dataset.windowed()) return dataset.usual_split();
  try {
    return dataset.usual_split();
  } catch (const Error& error) {
    fail("{}: {}", data, error.what());
  }
}

/// Some of the scenes, evenly, if there are many: a sample for statistics.
std::vector<Index> sample_of(std::span<const Index> scenes, bool windowed) {
  constexpr std::size_t kMostWindows = 256;
  if (!windowed || scenes.size() <= kMostWindows) return {scenes.begin(), scenes.end()};
  std::vector<Index> sample;
  for (std::size_t i = 0; i < kMostWindows; ++i) {
    sample.push_back(scenes[i * scenes.size() / kMostWindows]);
  }
  return sample;
}

std::string samples(DType type) {
  return type == DType::u8 ? "bytes" : std::string(name_of(type));
}

/// The type of the scenes' samples, and the scale that --scale, the resumed run or the training part
/// determine.
PixelFormat pixels_of_data(SceneStore& store, std::span<const Index> train,
                           const TrainConfig& config, const std::optional<PixelFormat>& resumed,
                           int threads, Console& console) {
  PixelFormat pixels{.bands = Bands::parse(config.bands),
                     .type = store.get(train.front())->image.type};
  if (resumed) {
    require(resumed->type == pixels.type, "{}: its images have {}, but the run was trained on {}",
            config.data, samples(pixels.type), samples(resumed->type));
    return *resumed;
  }
  if (const auto scale = parse_scale(config.scale)) {
    pixels.scale = *scale;
    return pixels;
  }
  if (pixels.type == DType::u8) return pixels;
  const bool windowed = store.dataset().windowed();
  const std::vector<Index> sample = sample_of(train, windowed);
  const ImagePass pass = [&](const std::function<void(const Image&)>& use) {
    for (const Index scene : sample) {
      if (windowed) {
        use(store.dataset().load_samples(scene));
      } else {
        use(store.get(scene)->image);
      }
    }
  };
  pixels.scale = percentile_scale(pass, threads);
  for (std::size_t b = 0; b < static_cast<std::size_t>(pixels.bands.count()); ++b) {
    console.info("band {}: {} becomes 0 and {} becomes 1", pixels.bands.numbers()[b],
                 pixels.scale.low[b], pixels.scale.high[b]);
  }
  return pixels;
}

/// Says what --augment strong leaves out of these images.
void describe_augment(const LoaderOptions& options, const ImageSize& size, Console& console) {
  if (options.augment != Augment::strong) return;
  if (!options.shift_colours) {
    console.info(
        "--augment strong: hue, saturation and value stay as they are, because the images are not "
        "8-bit RGB");
  }
  if (size.native() || size.height != size.width) {
    console.info(
        "--augment strong: images that are not square are turned by half turns only, which keep "
        "their size");
  }
}

}  // namespace

Schedule schedule_of(const TrainConfig& config, const TrainingData& data) {
  const std::int64_t steps = divide_up(data.train->batches(), config.accumulate);
  return schedule_of(config.optimizer, config.lr, config.epochs * steps);
}

TrainingData open_training_data(const TrainConfig& config, const NetworkConfig& network,
                                const TrainedPixels& resumed, const std::string& split_file,
                                const std::optional<ModelClasses>& model,
                                const Placement& placement, const Communicator& ranks,
                                Console& console) {
  const ImageNeeds needs = image_needs(network);
  require_size_fits(config.image_size, needs);
  const DatasetOptions options{
      .size = config.image_size,
      .bands = Bands::parse(config.bands),
      .mask_policy = resolve_mask_policy(config.mask_policy, config.protocol),
      .cache_folder = config.cache ? default_cache_folder() : std::nullopt,
      .pixel_size = resumed.pixel_size};
  std::unique_ptr<Dataset> dataset =
      open_dataset(config.data, options, static_cast<std::uint64_t>(config.seed));
  if (model && begins_anew(*model, dataset->classes())) {
    console.warning(
        "{} has {} classes and {} has {}: everything but the head, which begins at random, is "
        "taken from it",
        printable(model->owner), *model->begins_with, printable(config.data),
        dataset->classes().size());
  } else if (model) {
    dataset = fit_classes(std::move(dataset), *model, config.data,
                          "; to train a model for other classes, start from the encoder alone with "
                          "--encoder-weights",
                          console);
  }
  TrainingData data{.store = std::make_shared<SceneStore>(std::move(dataset)),
                    .pictures = {},
                    .split = {},
                    .train = {},
                    .val = {},
                    .pixels = {}};
  data.pictures =
      make_split(data.dataset(), config.data, split_file.empty() ? config.split : split_file);
  for (const std::string& line : data.dataset().judge_split(data.pictures)) {
    console.warning("{}", line);
  }
  data.split = data.dataset().scenes_of(data.pictures);
  require(!data.split.train.empty(), "{}: the split leaves no scene to train on", config.data);
  require(!data.split.val.empty(), "{}: the split leaves no scene to validate on", config.data);
  if (crops(config)) data.store->load_native(data.split.train);
  // Batch norm of a part sees the part alone.
  const int parts_of_batch = config.sync ? 1 : ranks.size();
  require_batches_fit(config.image_size, needs.stride, std::ssize(data.split.train),
                      config.batch_size, parts_of_batch);
  console.info("{}: {} scenes: {} to train, {} to validate, {} to test", config.data,
               data.dataset().pictures(), data.pictures.train.size(), data.pictures.val.size(),
               data.pictures.test.size());
  const std::array parts{ScenePart{"to learn from in the scenes to train on", data.split.train},
                         ScenePart{"to measure in the scenes to validate on", data.split.val}};
  check_scenes(*data.store, parts, data.split.test,
               {.image = needs, .batch_size = config.batch_size, .threads = placement.threads},
               options.mask_policy, console);

  data.pixels = pixels_of_data(*data.store, data.split.train, config, resumed.format,
                               placement.threads, console);
  const Augment augment = parse_augment(config.augment);
  LoaderOptions train{.batch_size = config.batch_size,
                      .shuffle = config.shuffle,
                      .augment = augment,
                      .shift_colours = data.pixels.type == DType::u8 && data.pixels.bands.is_rgb(),
                      .scale = data.pixels.scale,
                      .seed = static_cast<std::uint64_t>(config.seed),
                      .rank = ranks.rank(),
                      .ranks = ranks.size()};
  describe_augment(train, config.image_size, console);
  // A GPU consumes batches faster than one thread can make them. On the CPU the threads are needed
  // for the computation.
  if (!placement.device().is_cpu()) train.threads = placement.threads;
  LoaderOptions val = train;
  val.batch_size = validation_batch_size(config.batch_size);
  val.shuffle = false;
  if (crops(config)) train.crop_to = config.image_size;
  // The notebook jitters the brightness of validation images, too.
  val.augment = config.protocol == "notebook" && augment == Augment::notebook ? Augment::jitter
                                                                              : Augment::none;
  data.train = std::make_unique<Loader>(data.store, data.split.train, train);
  data.val = std::make_unique<Loader>(data.store, data.split.val, val);
  return data;
}

std::vector<NamedValue> scene_checksums(const TrainingData& data) {
  std::vector<NamedValue> sums;
  const auto add = [&](std::span<const Index> scenes, std::string_view part) {
    for (const Index scene : scenes) {
      sums.push_back({fmt::format("{} scene {}", part, data.dataset().id(scene)),
                      scene_checksum(*data.store, scene)});
    }
  };
  add(data.split.train, "training");
  add(data.split.val, "validation");
  return sums;
}

}  // namespace fpanet
