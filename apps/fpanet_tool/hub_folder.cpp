#include "apps/fpanet_tool/hub_folder.hpp"

#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/fpanet_tool/hub_python.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/encoder_decoder.hpp"
#include "models/fpanet.hpp"
#include "models/model_file.hpp"

namespace fpanet {

namespace {

using Json = nlohmann::ordered_json;

/// The arguments of either class.
Json shared_arguments(const NetworkConfig& network) {
  const EncoderDecoderOptions options = read_encoder_decoder(network);
  return {{"encoder_name", options.encoder_name},
          {"encoder_depth", options.encoder_depth},
          {"decoder_channels", options.decoder_channels},
          {"in_channels", network.bands},
          {"classes", network.classes}};
}

Json fpanet_arguments(const NetworkConfig& network) {
  const FPANetOptions options = fpanet_options(network);
  require(!options.aux_params,
          "Hub folder: a network with a classification head has no form there; only the "
          "segmentation can be exported");
  Json json = shared_arguments(network);
  json["attention_channels"] = options.attention ? Json(options.decoder_pab_channels) : Json();
  json["attention_softmax"] = options.attention_softmax == AttentionSoftmax::row ? "row" : "map";
  json["input"] = name_of(options.preparation.input);
  json["high_pass"] = options.preparation.radius;
  json["decoder_norm"] = network.at("decoder-norm");
  json["_model_class"] = "FPANet";
  return json;
}

Json unet_arguments(const NetworkConfig& network) {
  Json json = shared_arguments(network);
  json["encoder_weights"] = nullptr;  // else SMP loads them before it loads ours
  json["_model_class"] = "Unet";
  return json;
}

bool is_unet(const NetworkConfig& network) {
  return network.name == "unet";
}

constexpr const char* kUseFPANet = R"(```python
import sys

from huggingface_hub import snapshot_download

folder = snapshot_download("NAME/OF-THIS-REPOSITORY")  # or the folder itself
sys.path.insert(0, folder)
from fpanet import FPANet

model = FPANet.from_pretrained(folder).eval()
probabilities = model(images)  # (N,{bands},H,W) in [0,1] -> (N,{classes},H,W)
```
)";

constexpr const char* kUseUNet = R"(```python
import segmentation_models_pytorch as smp

model = smp.from_pretrained("NAME/OF-THIS-REPOSITORY").eval()  # or the folder itself
probabilities = model(images).softmax(dim=1)  # (N,{bands},H,W) in [0,1] -> (N,{classes},H,W)
```
)";

}  // namespace

std::string hub_config(const NetworkConfig& network, const CheckpointInfo& info,
                       const ClassTable& classes) {
  require(network.name == "fpanet" || is_unet(network),
          "Hub folder: network {} has no class in Python that could load it", network.name);
  Json json = is_unet(network) ? unet_arguments(network) : fpanet_arguments(network);
  Json names = Json::array(), colors = Json::array();
  for (const ClassInfo& known : classes.classes()) {
    names.push_back(printable(known.name).str());
    colors.push_back(known.color);
  }
  json["_class_names"] = std::move(names);
  json["_class_colors"] = std::move(colors);
  if (info.image_size && !info.image_size->native()) {
    json["_image_size"] = {info.image_size->height, info.image_size->width};
  }
  return json.dump(2) + "\n";
}

std::string hub_readme(const NetworkConfig& network, const CheckpointInfo& info,
                       const ClassTable& classes) {
  const bool unet = is_unet(network);
  const std::string& title = network_kind(network.name).title;
  std::string text = fmt::format(
      "---\n"
      "library_name: {}\n"
      "pipeline_tag: image-segmentation\n"
      "tags:\n"
      "- image-segmentation\n"
      "- semantic-segmentation\n"
      "- land-cover\n"
      "- pytorch\n"
      "- model_hub_mixin\n"
      "- pytorch_model_hub_mixin\n"
      "---\n\n"
      "# {} for land cover\n\n",
      unet ? "segmentation-models-pytorch" : "pytorch", title);
  text += fmt::format(fmt::runtime(unet ? kUseUNet : kUseFPANet), fmt::arg("bands", network.bands),
                      fmt::arg("classes", network.classes));
  text += fmt::format(
      "\nBoth sides of an image must be multiples of {}. Pixels are bytes divided by 255, without "
      "further normalisation.\n",
      image_needs(network).stride);
  if (info.image_size && !info.image_size->native()) {
    text += fmt::format("The model was trained on images of {} pixels (height x width).\n",
                        info.image_size->str());
  }
  text += "\n## Classes\n\n| Index | Class | Colour |\n|---|---|---|\n";
  for (Index label = 0; label < classes.size(); ++label) {
    const Rgb& color = classes.color(label);
    text += fmt::format("| {} | {} | {}, {}, {} |\n", label, printable(classes.name(label)).str(),
                        color[0], color[1], color[2]);
  }
  text += "\n## Settings\n\n| Option | Value |\n|---|---|\n";
  for (const auto& [option, value] : network.options) {
    text += fmt::format("| {} | {} |\n", option, value);
  }
  if (info.objective) text += fmt::format("| loss | {} |\n", info.objective->name());
  if (info.epoch) text += fmt::format("| epochs | {} |\n", *info.epoch + 1);
  if (info.val_loss) text += fmt::format("| validation loss | {:.5f} |\n", *info.val_loss);
  return text;
}

void write_hub_folder(const std::filesystem::path& folder, const ParameterStore& store,
                      const NetworkConfig& network, const CheckpointInfo& info,
                      const ClassTable& classes) {
  const std::string config = hub_config(network, info, classes);  // first: it may refuse
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require(!error, "{}: cannot create the folder: {}", folder.string(), error.message());
  Metadata metadata = to_metadata(network, info);
  metadata["format"] = "pt";  // without it, libraries do not know whose tensors these are
  write_safetensors(folder / "model.safetensors", to_state_dict(store), metadata);
  if (!is_unet(network)) write_text_file(folder / "fpanet.py", kHubPython);
  write_text_file(folder / "README.md", hub_readme(network, info, classes));
  write_text_file(folder / "config.json", config);
}

}  // namespace fpanet
