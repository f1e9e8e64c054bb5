#include "apps/fpanet_tool/model_setup.hpp"

#include <numeric>

#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/scene_check.hpp"

namespace fpanet {

void describe(ModelFlags& flags, Settings& settings, bool with_task) {
  if (with_task) {
    settings.choice("task", &flags.task, {"train", "infer"}, "Training step or inference");
  }
  settings.integer("batch", &flags.batch, 1, 4096, "Images per batch");
  settings.image_size("image-size", &flags.image_size, "Height and width of the images");
  settings.text("checkpoint", "FILE|RUN", &flags.checkpoint,
                "a weight file (.safetensors, .pth, .ckpt) or a run folder",
                "Take network and weights from it");
  add_network(settings, &flags.network);
  add_device(settings, &flags.device);
  add_precision(settings, &flags.precision);
  add_threads(settings, &flags.threads);
  add_deterministic(settings, &flags.deterministic);
}

ProgramOptions program_options(const ModelFlags& flags) {
  if (flags.image_size.native()) {
    usage_fail("--image-size native: no image is read here; give a number or HxW");
  }
  return {.kind = flags.task == "train" ? ProgramKind::train : ProgramKind::predict,
          .batch = flags.batch,
          .height = flags.image_size.height,
          .width = flags.image_size.width};
}

std::unique_ptr<ModelSession> make_session(const ModelFlags& flags, const Settings& settings,
                                           Console& console) {
  const ToldNetwork told = told_network(flags.network, settings);
  std::optional<ModelFile> file;
  if (!flags.checkpoint.empty()) file = open_model(find_checkpoint(flags.checkpoint), told);
  const bool training = flags.task == "train";
  const Placement placement = resolve_placement({.device = flags.device,
                                                 .precision = flags.precision,
                                                 .threads = flags.threads,
                                                 .deterministic = flags.deterministic},
                                                console);
  auto session =
      std::make_unique<ModelSession>(placement, file ? file->network : network_of(told),
                                     training ? std::optional<double>(1e-4) : std::nullopt,
                                     file ? std::optional(pixels_of(*file)) : std::nullopt);
  require_size_fits(flags.image_size, image_needs(session->network().config()));
  session->store().initialize(42);
  if (file) console.info("{}", load_model(session->store(), session->network(), file->weights));
  return session;
}

void fill_inputs(Program& program, Index classes) {
  Rng rng(42);
  const Tensor images = Tensor::empty(program.images().shape(), DType::u8);
  for (std::uint8_t& byte : images.span<std::uint8_t>()) {
    byte = static_cast<std::uint8_t>(rng.next_u32());
  }
  program.images().copy_from(images);
  if (program.options().kind == ProgramKind::predict) return;
  const Tensor labels = Tensor::empty(program.labels().shape(), DType::i32);
  for (std::int32_t& label : labels.span<std::int32_t>()) {
    label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(classes)));
  }
  program.labels().copy_from(labels);
}

std::unique_ptr<ResidentScenes> resident_inputs(const ModelFlags& flags, Index bands,
                                                const Context& context) {
  SceneStore store(
      std::make_unique<SyntheticDataset>(flags.batch, flags.image_size, 42, Bands::first(bands)));
  std::vector<Index> scenes(static_cast<std::size_t>(flags.batch));
  std::iota(scenes.begin(), scenes.end(), 0);
  auto resident = std::make_unique<ResidentScenes>(context, store, scenes);
  resident->draw(scenes, {.augment = Augment::notebook, .seed = 42}, 0);
  return resident;
}

}  // namespace fpanet
