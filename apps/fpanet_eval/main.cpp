#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "apps/cli/cli.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_eval/figure_writer.hpp"
#include "apps/fpanet_eval/options.hpp"
#include "apps/report/evaluation_output.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/choose_scenes.hpp"
#include "apps/training/class_check.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/scene_check.hpp"
#include "data/text_file.hpp"
#include "engine/core/cache_folder.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

constexpr ImageSize kNotebookSize{320, 320};
constexpr std::uint64_t kSeed = 42;  // for synthetic scenes and for the notebook's jitter

/// The data with its labels in the order of the model's classes. Throws Error if the classes differ.
std::unique_ptr<Dataset> open_data(const EvalOptions& options, const DatasetOptions& how,
                                   const ModelFile& file, Console& console) {
  std::unique_ptr<Dataset> dataset = open_dataset(options.data, how, kSeed);
  require(file.network.classes == dataset->classes().size(),
          "{}: the model has {} classes, but the data's class table has {}", file.weights.name,
          file.network.classes, dataset->classes().size());
  return fit_classes(std::move(dataset), {file.weights.name, file.info.classes}, options.data,
                     "; rename classes in the class table of the data if they are the same ones",
                     console);
}

/// The split of rasters, which is one of the ground; none of other data, and of rasters that cannot be split.
std::optional<Split> split_of_data(const Dataset& dataset) {
  if (!dataset.windowed()) return std::nullopt;
  try {
    return dataset.usual_split();
  } catch (const Error&) {
    return std::nullopt;
  }
}

int run(const EvalOptions& options) {
  Console console(options.quiet);
  const ModelFile file = open_model(find_checkpoint(options.checkpoint), options.told);
  const PixelFormat trained = pixels_of(file);
  const Bands bands = resolve_bands(options.pixels, trained);
  const Bands show = resolve_preview(options.pixels.show_bands, bands);
  const ImageSize size = options.image_size.value_or(file.info.image_size.value_or(kNotebookSize));
  const ImageNeeds needs = image_needs(file.network);
  require_size_fits(size, needs);
  require_window_size(size, options.data);
  const MaskPolicy mask_policy = resolve_mask_policy(options.mask_policy, options.protocol);
  const std::shared_ptr<const Dataset> dataset =
      open_data(options,
                {.size = size,
                 .bands = bands,
                 .mask_policy = mask_policy,
                 .cache_folder = options.cache ? default_cache_folder() : std::nullopt,
                 .pixel_size = file.info.pixel_size},
                file, console);
  SceneChoice choice = choose_scenes(options.split, dataset->picture_ids(),
                                     split_of_run(options.checkpoint), split_of_data(*dataset));
  if (!choice.warning.empty()) console.warning("{}", choice.warning);
  choice.scenes = dataset->scenes_of({{}, {}, choice.scenes}).test;

  const Placement placement = resolve_placement({.device = options.device,
                                                 .precision = options.precision,
                                                 .threads = options.threads,
                                                 .deterministic = options.deterministic},
                                                console);
  const auto store = std::make_shared<SceneStore>(dataset);
  const std::array parts{ScenePart{"to measure in the scenes to evaluate on", choice.scenes}};
  check_scenes(*store, parts, {},
               {.image = needs, .batch_size = options.batch_size, .threads = placement.threads},
               mask_policy, console);
  const Index first = choice.scenes.front();
  const PixelFormat pixels =
      resolve_pixels(options.pixels, trained, store->get(first)->image.type, dataset->id(first));
  ModelSession session(placement, file.network, std::nullopt, pixels);
  console.info("{}", load_model(session.store(), session.network(), file.weights));
  if (file.info.objective) {
    file.info.objective->check(file.network.classes);
    session.set_objective(*file.info.objective);
  }
  const auto is_focal = [](const ObjectiveTerm& term) { return term.loss == "focal"; };
  if (options.tta != "none" && std::ranges::any_of(session.objective().terms, is_focal)) {
    console.warning(
        "--tta {}: focal loss reads logits, which mean probabilities do not have; it is computed "
        "from their logarithms and cannot be compared with a loss without --tta",
        options.tta);
  }
  std::optional<FigureWriter> figures;
  if (!options.figures.empty()) figures.emplace(options.figures, dataset->classes(), pixels, show);

  Loader loader(store, choice.scenes,
                {.batch_size = options.batch_size,
                 .augment = options.protocol == "notebook" ? Augment::jitter : Augment::none,
                 .scale = pixels.scale,
                 .seed = kSeed,
                 .threads = placement.threads});
  Progress progress(console, "evaluating", loader.batches());
  const auto done = [&](const Batch& batch, const BatchResult& result) {
    if (figures) figures->write(batch, result.probabilities);
    progress.step(batch.size(), result.loss);
    return true;
  };
  const Tally tally = options.tta == "none"
                          ? evaluate(session, loader, done)
                          : evaluate_averaged(session, loader, symmetries(options.tta), done);
  console.clear_status();

  const std::string text =
      fmt::format("{} on {}: {}, images {}, protocol {}{}\n\n{}", file.weights.name, options.data,
                  choice.description, size.str(), options.protocol,
                  options.tta == "none" ? "" : ", averaged over " + options.tta,
                  evaluation_text(tally, dataset->classes()));
  fmt::print("{}", printable_lines(text));
  if (!options.json.empty()) {
    write_text_file(options.json, evaluation_json(tally, dataset->classes()));
  }
  return kExitDone;
}

}  // namespace
}  // namespace fpanet

int main(int argc, char** argv) {
  const auto app = fpanet::make_app(
      "fpanet_eval", "Evaluates a trained model on images with masks.",
      "fpanet_eval --checkpoint runs/demo --data data/train\n"
      "fpanet_eval --checkpoint best.safetensors --data data/valid --split all --json valid.json\n"
      "fpanet_eval --checkpoint notebook.ckpt --data data/train --protocol notebook\n"
      "fpanet_eval --checkpoint runs/demo --data synthetic:64 --figures figures");
  fpanet::EvalOptions options;
  fpanet::Settings settings;
  describe(options, settings);
  settings.add_flags(*app);
  return fpanet::run_main(*app, argc, argv, [&] {
    settings.check_required();
    options.told = told_network(options.network, settings);
    return fpanet::run(options);
  });
}
