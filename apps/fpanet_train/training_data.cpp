#include "apps/fpanet_train/training_data.hpp"

#include "apps/common/progress.hpp"
#include "data/image_cache.hpp"
#include "engine/core/cache_folder.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

Split make_split(const Dataset& dataset, const std::string& split) {
  return split == "notebook" ? notebook_split(dataset.size()) : read_split(split, dataset.ids());
}

/// Reads all scenes of the run, so that a bad file stops it now and not epochs later.
void verify(const TrainingData& data, int threads, Console& console) {
  std::vector<Index> scenes = data.split.train;
  scenes.insert(scenes.end(), data.split.val.begin(), data.split.val.end());
  SceneStore::Summary summary;
  {
    Progress progress(console, "reading images", static_cast<std::int64_t>(scenes.size()));
    summary = data.store->verify(scenes, threads, [&](Index) { progress.step(1); });
  }
  if (summary.unmatched_pixels > 0) {
    console.warning("{} mask pixels in {} scenes have a colour that no class has; they are {}",
                    summary.unmatched_pixels, summary.unmatched_scenes,
                    data.ignore_unmatched ? "left out of loss and metrics" : "taken as class 0");
  }
}

}  // namespace

TrainingData open_training_data(const TrainConfig& config, const std::string& split_file,
                                const Placement& placement, Console& console) {
  const bool notebook = config.protocol == "notebook";
  const DatasetOptions options{
      .size = config.image_size,
      .mask_policy = notebook ? MaskPolicy::class_zero : MaskPolicy::ignore,
      .cache_folder = config.cache ? default_cache_folder() : std::nullopt};
  TrainingData data{.store = std::make_shared<SceneStore>(open_dataset(
                        config.data, options, static_cast<std::uint64_t>(config.seed))),
                    .split = {},
                    .train = {},
                    .val = {},
                    .ignore_unmatched = !notebook};
  data.split = make_split(data.dataset(), split_file.empty() ? config.split : split_file);
  require(!data.split.train.empty(), "{}: the split leaves no scene to train on", config.data);
  require(!data.split.val.empty(), "{}: the split leaves no scene to validate on", config.data);
  console.info("{}: {} scenes: {} to train, {} to validate, {} to test", config.data,
               data.dataset().size(), data.split.train.size(), data.split.val.size(),
               data.split.test.size());
  verify(data, placement.threads, console);

  const Augment augment = parse_augment(config.augment);
  LoaderOptions train{.batch_size = config.batch_size,
                      .shuffle = config.shuffle,
                      .augment = augment,
                      .seed = static_cast<std::uint64_t>(config.seed)};
  // A card takes batches faster than one thread makes them; on the CPU the threads compute.
  if (!placement.device().is_cpu()) train.threads = placement.threads;
  LoaderOptions val = train;
  val.batch_size = validation_batch_size(config.batch_size);
  val.shuffle = false;
  // The notebook jitters brightness there, too.
  val.augment = notebook && augment == Augment::notebook ? Augment::jitter : Augment::none;
  data.train = std::make_unique<Loader>(data.store, data.split.train, train);
  data.val = std::make_unique<Loader>(data.store, data.split.val, val);
  return data;
}

}  // namespace fpanet
