#include "apps/cli/cli.hpp"
#include "apps/cli/console.hpp"
#include "apps/cli/settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/hub_folder.hpp"
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
  std::string checkpoint, out, format = "onnx";
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

ClassTable classes_of(const ModelFile& file) {
  return file.info.classes.value_or(default_classes(file.network.classes));
}

/// The model with its weights.
struct Loaded {
  ParameterStore store;
  std::unique_ptr<Network> network;

  Loaded(const ModelFile& file, Console& console) : network(make_network(store, file.network)) {
    store.allocate(DType::f32, Device::cpu(), false);
    console.info("{}", load_model(store, *network, file.weights));
  }
};

void export_onnx(const State& state, const ModelFile& file, Console& console) {
  const ImageSize size = image_size(state, file.info);
  require_size_fits(size, image_needs(file.network));
  const Loaded model(file, console);
  FoldedWeights folded(/*prepare=*/false);
  const Program program(Cpu{1}, *model.network, nullptr, model.store,
                        {.kind = ProgramKind::predict,
                         .height = size.height,
                         .width = size.width,
                         .image_dtype = DType::f32},
                        &folded);
  folded.refresh(Cpu{1});
  OnnxModel onnx = to_onnx(program.graph(), "probabilities");
  onnx.metadata = to_metadata(file.network, file.info);
  const std::optional<double> metres =
      state.pixel_size > 0 ? std::optional(state.pixel_size) : file.info.pixel_size;
  onnx.metadata.merge(qgis_metadata(file.network, classes_of(file), size, metres));
  write_onnx(state.out, onnx);
  fmt::print("{}: images (batch,{},{},{}) in [0,1] -> probabilities (batch,{},{},{}), {} nodes\n",
             state.out, file.network.bands, size.height, size.width, file.network.classes,
             size.height, size.width, onnx.nodes.size());
}

void export_hub_folder(const State& state, const ModelFile& file, Console& console) {
  for (const char* flag : {"image-size", "pixel-size"}) {
    if (state.settings.given(flag)) {
      usage_fail("--{}: goes with --format onnx only; a Hub folder takes images of any size", flag);
    }
  }
  const Loaded model(file, console);
  write_hub_folder(state.out, model.store, file.network, file.info, classes_of(file));
  fmt::print("{}: a folder for the Hugging Face Hub; {} loads it\n", state.out,
             file.network.name == "unet" ? "smp.from_pretrained" : "FPANet.from_pretrained");
}

int run(const State& state) {
  state.settings.check_required();
  Console console(false);
  const ModelFile file =
      open_model(find_checkpoint(state.checkpoint), told_network(state.network, state.settings));
  if (state.format == "hf") {
    export_hub_folder(state, file, console);
  } else {
    export_onnx(state, file, console);
  }
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
  state->settings.choice("format", &state->format, {"onnx", "hf"},
                         "onnx: a model for other runtimes; hf: a folder for the Hugging Face\n"
                         "Hub, which PyTorch loads");
  state->settings
      .text("out", "FILE.onnx|DIR", &state->out, "a file name, or a folder with --format hf",
            "The model to write")
      .required = true;
  state->settings.image_size("image-size", &state->image_size,
                             "Size of its images; default: the training size, if known");
  state->settings.real("pixel-size", &state->pixel_size, 0,
                       "Metres on the ground that a pixel of the training images is long, for the "
                       "Deepness plugin of QGIS; 0: unknown");
  add_network_of_file(state->settings, &state->network);
  state->settings.add_flags(add_command(
      app, "export",
      "An ONNX model (opset 17) for other runtimes (batch norms folded, any batch size), or a\n"
      "folder for the Hugging Face Hub.",
      action, [state] { return run(*state); }));
}

}  // namespace fpanet
