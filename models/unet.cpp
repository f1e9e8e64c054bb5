// U-Net as segmentation-models-pytorch builds it on a ResNet encoder: no attention, batch norm after
// every convolution of the decoder, nearest-neighbour upsampling. It reads the image as it is. The
// state dict has SMP's names in SMP's order: "encoder", "decoder", "segmentation_head"; so do the
// initial distributions.
// Ronneberger et al., "U-Net", 2015; https://github.com/qubvel-org/segmentation_models.pytorch

#include "layers/cast.hpp"
#include "models/decoder.hpp"
#include "models/encoder_decoder.hpp"
#include "models/heads.hpp"
#include "models/model_file.hpp"
#include "models/resnet.hpp"

namespace fpanet {

namespace {

constexpr const char* kUNetEncoder = "encoder.";

class UNet final : public Network {
 public:
  UNet(ParameterStore& store, const NetworkConfig& config)
      : UNet(store, config, read_encoder_decoder(config)) {}

  Value logits(const Forward& forward, Value prepared) const override {
    check_input_shape(prepared.shape(), config().bands);
    const Value image = in_dtype(prepared, forward.activations.value_or(prepared.dtype()));
    return segmentation_head_.logits(forward,
                                     decoder_(forward, encoder_(forward.of_encoder(), image)));
  }

 private:
  UNet(ParameterStore& store, const NetworkConfig& config, const EncoderDecoderOptions& options)
      : Network(config,
                {.output_stride = Index{1} << options.encoder_depth,
                 .encoder_prefix = kUNetEncoder,
                 .head_prefix = "segmentation_head.",
                 .untrained_entries = unused_encoder_layers(kUNetEncoder, options.encoder_depth)}),
        encoder_(Scope(store) / "encoder", options.encoder_name, options.encoder_depth,
                 config.bands),
        decoder_(Scope(store) / "decoder", encoder_.out_channels(), options.decoder_channels,
                 /*use_batchnorm=*/true, /*attention_channels=*/std::nullopt),
        segmentation_head_(Scope(store) / "segmentation_head", options.decoder_channels.back(),
                           config.classes, activation()) {}

  ResNetEncoder encoder_;
  Decoder decoder_;
  SegmentationHead segmentation_head_;
};

/// FPA-Net has the same parts and more: one that has attention, or the notebook's convolution that
/// never runs, is no U-Net.
std::optional<Recognition> recognise_unet(const StateDict& weights, const std::string& source,
                                          const std::map<std::string, std::string>&) {
  const FPANetOptions found = infer_options(weights, source);
  if (found.attention || weights.contains("FreqFeature.conv1.weight")) return std::nullopt;
  Recognition unet{.config = {.name = "unet", .bands = found.in_channels, .classes = found.classes},
                   .untold = {}};
  write_encoder_decoder({found.encoder_name, found.encoder_depth, found.decoder_channels},
                        unet.config);
  return unet;
}

}  // namespace

NetworkKind unet_network() {
  return {.name = "unet",
          .title = "U-Net",
          .options = encoder_decoder_options(),
          .make = [](ParameterStore& store,
                     const NetworkConfig& config) { return std::make_unique<UNet>(store, config); },
          .recognise = recognise_unet};
}

}  // namespace fpanet
