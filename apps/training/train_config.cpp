#include "apps/training/train_config.hpp"

#include <algorithm>

#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/scene_check.hpp"
#include "data/augment.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {
namespace {

constexpr std::int64_t kMostEpochs = 1'000'000;
constexpr std::int64_t kLargestBatch = 4096;
constexpr std::int64_t kLargestSeed = 0xffffffff;  // numpy and PyTorch accept it

}  // namespace

std::int64_t validation_batch_size(std::int64_t batch_size) {
  return std::max<std::int64_t>(1, batch_size / 2);
}

void describe(TrainConfig& config, Settings& settings) {
  add_data(settings, &config.data,
           "Images to learn from: *_sat.jpg, *_mask.png and\n"
           "class_dict.csv in one folder, rasters in a folder (*_sat.tif,\n"
           "*_mask.tif) or a list (image,mask[,split]), or generated scenes");
  settings.integer("epochs", &config.epochs, 1, kMostEpochs, "Maximum number of epochs");
  settings.integer("batch-size", &config.batch_size, 1, kLargestBatch,
                   "Images per training step; validation uses half as many");
  settings.image_size("image-size", &config.image_size,
                      "Size that images are resized to, and of windows of rasters;\n"
                      "HxW is height x width");
  add_bands(settings, &config.bands);
  add_scale(settings, &config.scale);
  add_show_bands(settings, &config.show_bands);
  settings.real("lr", &config.lr, 0, "Learning rate of AdamW");
  settings.real("weight-decay", &config.weight_decay, 0, "Weight decay of AdamW");
  describe(config.optimizer, settings);
  describe(config.objective, settings);
  settings.integer("accumulate", &config.accumulate, 1, kLargestBatch,
                   "Batches whose mean loss makes an optimizer step; Dice and\n"
                   "batch norm see each of them alone");
  settings.toggle("sync", &config.sync,
                  "Several ranks compute the loss and batch norm of the whole\n"
                  "batch; off: each those of its part, as PyTorch's DDP does");
  settings.choice("reduce", &config.reduce, {"fp32", "bf16"},
                  "How several ranks with GPUs exchange gradients; bf16 halves\n"
                  "the bytes and rounds them");
  settings.text("monitor", "COLUMN", &config.monitor, "a column of metrics.csv",
                "Column of metrics.csv by which the best epoch is chosen:\n"
                "the lowest loss, or the highest of anything else");
  settings.integer("patience", &config.patience, 1, kMostEpochs,
                   "Stop after this many epochs in which --monitor was not better");
  settings.real("save-every", &config.save_every, 0,
                "Minutes after which the state is saved within an epoch, too,\n"
                "so that a run that is killed resumes from there; 0: at the\n"
                "end of epochs only");
  settings.flag("log-gradients", &config.log_gradients,
                "Write the norms of gradients and weights of each module into\n"
                "steps.csv");
  settings.flag("tensorboard", &config.tensorboard,
                "Write event files that TensorBoard opens into RUN/tensorboard");
  settings.integer("seed", &config.seed, 0, kLargestSeed,
                   "Seed of split, weights and augmentation");
  add_network(settings, &config.network);
  settings.text("encoder-weights", "FILE|none", &config.encoder_weights,
                "a weight file (torchvision's or SMP's names), or none",
                "Encoder weights to start from");
  settings.text("init", "FILE|none", &config.init, "a weight file of the whole model, or none",
                "Weights of the whole model to start from");
  settings.text("split", "notebook|FILE.csv", &config.split,
                "notebook, or a CSV file with the columns id,split (train, val, test)",
                "Which images are for training, validation and test; a list of\n"
                "rasters with a column split needs no other");
  settings.choice("augment", &config.augment, augment_names(),
                  "Changes of training images. notebook: flips, brightness and\n"
                  "contrast; strong: these more often, quarter turns, and shifts\n"
                  "of hue, saturation and value");
  settings.choice("sample", &config.sample, {"resize", "crop"},
                  "What training sees of an image. resize: all of it, resized;\n"
                  "crop: a random window of the native image, with sides of 0.5\n"
                  "to 2 times --image-size, resized. Of a raster, resize: the\n"
                  "windows of a fixed grid; crop: as many windows at random, in\n"
                  "its own pixels");
  settings.toggle("shuffle", &config.shuffle, "Reorder the training images in each epoch");
  add_protocol(settings, &config.protocol);
  add_mask_policy(settings, &config.mask_policy);
  add_device(settings, &config.device);
  add_precision(settings, &config.precision);
  add_threads(settings, &config.threads);
  add_deterministic(settings, &config.deterministic);
  add_cache(settings, &config.cache);
}

void check_sample(const TrainConfig& config) {
  require_window_size(config.image_size, config.data);
  if (!crops(config)) return;
  if (config.image_size.native()) {
    usage_fail(
        "--sample crop: its windows are resized to --image-size, which is native: expected a "
        "number such as 320, or HxW");
  }
  if (config.data == "synthetic" || config.data.starts_with("synthetic:")) {
    usage_fail(
        "--sample crop: --data {} has no native size: write scenes to a folder with fpanet_tool "
        "synth, and give that",
        config.data);
  }
}

void check_ranks(const TrainConfig& config, int ranks) {
  if (ranks == 1) return;
  if (config.batch_size < ranks) {
    usage_fail("--batch-size {}: {} ranks share each batch: expected at least {}",
               config.batch_size, ranks, ranks);
  }
  if (!config.sync) {
    if (config.batch_size % ranks == 0) return;
    usage_fail(
        "--batch-size {}: with --sync off, each of {} ranks needs as many images: expected a "
        "multiple of {}",
        config.batch_size, ranks, ranks);
  }
  for (const ObjectiveTerm& term : parse_objective_terms(config.objective.loss)) {
    if (find_loss(term.loss).divides) continue;
    usage_fail(
        "--loss {}: {} is no function of sums over a batch, which {} ranks could add: expected "
        "--sync off, one rank, or another loss",
        config.objective.loss, term.loss, ranks);
  }
}

}  // namespace fpanet
