#include "apps/cli/cli.hpp"
#include "apps/cli/console.hpp"
#include "apps/cli/settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/prediction/prediction.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/qgis_metadata.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/scene_check.hpp"
#include "layers/onnx_export.hpp"
#include "models/program.hpp"

namespace fpanet {

namespace {

struct State {
  std::string checkpoint, out;
  ImageSize image_size{320, 320};
  double pixel_size = 0;  // unknown
  NetworkFlags network;
  Settings settings;
};

/// The size that --image-size gives, else the size that the model was trained at, else 320x320.
ImageSize image_size(const State& state, const CheckpointInfo& info) {
  const ImageSize size = state.settings.given("image-size")
                             ? state.image_size
                             : info.image_size.value_or(state.image_size);
  if (size.native()) {
    usage_fail(
        "--image-size: an ONNX model of this network has a fixed size; give a number or HxW");
  }
  return size;
}

int run(const State& state) {
  state.settings.check_required();
  Console console(false);
  const ModelFile file =
      open_model(find_checkpoint(state.checkpoint), told_network(state.network, state.settings));
  const ImageSize size = image_size(state, file.info);
  ParameterStore store;
  const std::unique_ptr<Network> network = make_network(store, file.network);
  require_size_fits(size, image_needs(file.network));
  store.allocate(DType::f32, Device::cpu(), false);
  console.info("{}", load_model(store, *network, file.weights));
  FoldedWeights folded(/*prepare=*/false);
  const Program program(Cpu{1}, *network, nullptr, store,
                        {.kind = ProgramKind::predict,
                         .height = size.height,
                         .width = size.width,
                         .image_dtype = DType::f32},
                        &folded);
  folded.refresh(Cpu{1});
  OnnxModel model = to_onnx(program.graph(), "probabilities");
  model.metadata = to_metadata(file.network, file.info);
  const std::optional<double> metres =
      state.pixel_size > 0 ? std::optional(state.pixel_size) : std::nullopt;
  model.metadata.merge(
      qgis_metadata(file.network, file.info.classes.value_or(default_classes(file.network.classes)),
                    size, metres));
  write_onnx(state.out, model);
  fmt::print("{}: images (batch,{},{},{}) in [0,1] -> probabilities (batch,{},{},{}), {} nodes\n",
             state.out, file.network.bands, size.height, size.width, file.network.classes,
             size.height, size.width, model.nodes.size());
  return kExitDone;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  state->settings
      .text("checkpoint", "FILE|RUN", &state->checkpoint,
            "a weight file (.safetensors, .pth, .ckpt) or a run folder",
            "Weights to export; of a run folder, the best ones")
      .required = true;
  state->settings.text("out", "FILE.onnx", &state->out, "a file name", "The model to write")
      .required = true;
  state->settings.image_size("image-size", &state->image_size,
                             "Size of its images; default: the training size, if known");
  state->settings.real("pixel-size", &state->pixel_size, 0,
                       "Metres on the ground that a pixel of the training images is long, for the "
                       "Deepness plugin of QGIS; 0: unknown");
  add_network_of_file(state->settings, &state->network);
  state->settings.add_flags(add_command(
      app, "export",
      "An ONNX model (opset 17) for other runtimes: batch norms folded, any batch size.", action,
      [state] { return run(*state); }));
}

}  // namespace fpanet
