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
#include "apps/training/rank_parts.hpp"
#include "apps/training/ranked_run.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/scene_check.hpp"
#include "apps/training/together.hpp"
#include "data/text_file.hpp"
#include "engine/core/cache_folder.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"
#include "models/losses/loss.hpp"

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

/// What an evaluation computes with, once files and data are known to fit.
struct Prepared {
  ModelFile file;
  ImageSize size;
  Bands show;
  std::shared_ptr<const Dataset> dataset;
  SceneChoice choice;
  std::shared_ptr<SceneStore> store;
  PixelFormat pixels;
  std::unique_ptr<ModelSession> session;
};

/// Throws UsageError unless `ranks` ranks can evaluate this.
void check_ranks(const EvalOptions& options, const Objective& objective, int ranks) {
  if (ranks == 1) return;
  if (!options.figures.empty()) {
    usage_fail("--figures {}: {} ranks have a part of the scenes each: expected one rank",
               options.figures, ranks);
  }
  for (const ObjectiveTerm& term : objective.terms) {
    if (find_loss(term.loss).divides) continue;
    usage_fail(
        "--checkpoint {}: it was trained for {}, which is no function of sums over a batch that {} "
        "ranks could add: expected one rank",
        options.checkpoint, objective.name(), ranks);
  }
}

Prepared prepare(const EvalOptions& options, const std::string& device, const RankedCall& call,
                 Console& console) {
  ModelFile file = open_model(find_checkpoint(options.checkpoint), options.told);
  const PixelFormat trained = pixels_of(file);
  const Bands bands = resolve_bands(options.pixels, trained);
  const Bands show = resolve_preview(options.pixels.show_bands, bands);
  const ImageSize size = options.image_size.value_or(file.info.image_size.value_or(kNotebookSize));
  const ImageNeeds needs = image_needs(file.network);
  require_size_fits(size, needs);
  require_window_size(size, options.data);
  check_ranks(options, file.info.objective.value_or(Objective{}), call.ranks.size());
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

  const Placement placement =
      resolve_placement({.device = device,
                         .precision = options.precision,
                         .threads = threads_of_rank(call.launch, options.threads),
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
  auto session = std::make_unique<ModelSession>(placement, file.network, std::nullopt, pixels);
  session->set_ranks(call.ranks);
  console.info("{}", load_model(session->store(), session->network(), file.weights));
  if (file.info.objective) {
    file.info.objective->check(file.network.classes);
    session->set_objective(*file.info.objective);
  }
  return {std::move(file),   size,  show,   dataset,
          std::move(choice), store, pixels, std::move(session)};
}

/// What must be the same on all ranks: all that the numbers depend on.
std::vector<NamedValue> inputs_of(const Prepared& prepared, const EvalOptions& options) {
  std::vector<NamedValue> inputs = {
      {"batch-size", std::to_string(options.batch_size)},
      {"image-size", prepared.size.str()},
      {"protocol", options.protocol},
      {"tta", options.tta},
      {"precision", options.precision},
      {"weights", fmt::format("{:016x}", weights_checksum(*prepared.session))},
      {"scale", prepared.pixels.scale.str()}};
  for (const Index scene : prepared.choice.scenes) {
    inputs.push_back(
        {"scene " + prepared.dataset->id(scene), scene_checksum(*prepared.store, scene)});
  }
  return inputs;
}

int run(const EvalOptions& options, const RankedCall& call) {
  Console console(options.quiet, call.is_first() ? stderr : nullptr);
  std::optional<Prepared> prepared;
  const std::string device = device_of_rank(call, options.device, options.precision);
  together(call.ranks, [&] { prepared = prepare(options, device, call, console); });
  connect_gpus(call, prepared->session->placement());
  if (call.ranks.size() > 1) {
    std::vector<NamedValue> inputs;
    together(call.ranks, [&] { inputs = inputs_of(*prepared, options); });
    require_same(call.ranks, "settings or data", inputs);
  }
  const ClassTable& classes = prepared->dataset->classes();
  ModelSession& session = *prepared->session;
  const auto is_focal = [](const ObjectiveTerm& term) { return term.loss == "focal"; };
  if (options.tta != "none" && std::ranges::any_of(session.objective().terms, is_focal)) {
    console.warning(
        "--tta {}: focal loss reads logits, which mean probabilities do not have; it is computed "
        "from their logarithms and cannot be compared with a loss without --tta",
        options.tta);
  }
  std::optional<FigureWriter> figures;
  if (!options.figures.empty()) {
    figures.emplace(options.figures, classes, prepared->pixels, prepared->show);
  }

  Loader loader(prepared->store, prepared->choice.scenes,
                {.batch_size = options.batch_size,
                 .augment = options.protocol == "notebook" ? Augment::jitter : Augment::none,
                 .scale = prepared->pixels.scale,
                 .seed = kSeed,
                 .rank = call.ranks.rank(),
                 .ranks = call.ranks.size(),
                 .threads = session.placement().threads});
  Progress progress(console, "evaluating", loader.batches());
  const auto done = [&](const Batch& batch, const BatchResult& result) {
    if (figures) figures->write(batch, result.probabilities);
    progress.step(batch.whole, result.loss);
    return true;
  };
  const Tally tally = options.tta == "none"
                          ? evaluate(session, loader, done)
                          : evaluate_averaged(session, loader, symmetries(options.tta), done);
  console.clear_status();
  if (!call.is_first()) return kExitDone;

  const std::string text =
      fmt::format("{} on {}: {}, images {}, protocol {}{}\n\n{}", prepared->file.weights.name,
                  options.data, prepared->choice.description, prepared->size.str(),
                  options.protocol, options.tta == "none" ? "" : ", averaged over " + options.tta,
                  evaluation_text(tally, classes));
  fmt::print("{}", printable_lines(text));
  if (!options.json.empty()) write_text_file(options.json, evaluation_json(tally, classes));
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
    return fpanet::run_ranked(
        "fpanet_eval", [&](const fpanet::RankedCall& call) { return fpanet::run(options, call); });
  });
}
