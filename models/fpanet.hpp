#pragma once
// FPA-Net: high-pass filter, ResNet encoder, position-attention decoder, segmentation head. The
// state dict has the same names in the same order as the published notebook's LightningModule:
// "model.encoder", "model.decoder", "model.segmentation_head" [, "model.classification_head"],
// "FreqFeature". The attention can be left out or have a softmax for each row, and the encoder can read the image instead of the
// high-passed image, or both.

#include <optional>
#include <string>
#include <vector>

#include "models/decoder.hpp"
#include "models/heads.hpp"
#include "models/network.hpp"
#include "models/resnet.hpp"

namespace fpanet {

/// The notebook's constructor parameters and their defaults, and the parts that can be changed.
/// `classes` and `activation` default to the values that the notebook always passes.
struct FPANetOptions {
  std::string encoder_name = "resnet34";
  int encoder_depth = 5;
  bool decoder_use_batchnorm = true;
  std::vector<Index> decoder_channels = {256, 128, 64, 32, 16};
  Index decoder_pab_channels = 64;
  Index in_channels = 3;  ///< of the image; the encoder reads twice as many of InputKind::both
  Index classes = 7;
  Activation activation = Activation::softmax2d;
  std::optional<ClassificationOptions> aux_params = std::nullopt;
  bool attention = true;
  AttentionSoftmax attention_softmax = AttentionSoftmax::map;
  Preparation preparation = {.input = InputKind::highpass};
};

struct FPANetOutput {
  Value prepared = {};                         ///< (N,C,H,W): what the encoder reads
  Value logits = {};                           ///< (N,classes,H,W)
  Value probabilities = {};                    ///< activation(logits)
  std::optional<Value> labels = std::nullopt;  ///< (N,aux classes), only with aux_params
};

class FPANet final : public Network {
 public:
  /// Registers 288 entries for the default options.
  FPANet(ParameterStore& store, const FPANetOptions& options);

  /// x (N,in_channels,H,W) in [0,1]; H and W divisible by output_stride() and above the radius of the
  /// high-pass filter.
  FPANetOutput operator()(const Forward& forward, Value x) const;
  /// The steps from the prepared image up to the activation. `logits` have the dtype that the
  /// network computes in; `probabilities` stay undefined.
  FPANetOutput before_activation(const Forward& forward, Value prepared) const;

  Value logits(const Forward& forward, Value prepared) const override;
  bool has_dropout() const override { return classification_head_.has_value(); }
  const FPANetOptions& options() const { return options_; }

 private:
  FPANetOptions options_;
  ResNetEncoder encoder_;
  Decoder decoder_;
  SegmentationHead segmentation_head_;
  std::optional<ClassificationHead> classification_head_;
  // The notebook's FreqFeature declares a convolution that its forward never calls. Every
  // checkpoint contains it, but it receives no gradient and keeps its initial values.
  Conv2d freq_feature_conv1_;
};

/// The same options as text. What only code can choose is left out: the activation, and everything
/// of aux_params but its classes.
NetworkConfig to_config(const FPANetOptions& options);
/// The options that a complete config of this network describes.
FPANetOptions fpanet_options(const NetworkConfig& config);

}  // namespace fpanet
