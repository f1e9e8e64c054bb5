#pragma once
// FPA-Net: high-pass filter, ResNet encoder, position-attention decoder, segmentation head. The
// state dict has the same names in the same order as the published notebook's LightningModule:
// "model.encoder", "model.decoder", "model.segmentation_head" [, "model.classification_head"],
// "FreqFeature".

#include <optional>
#include <string>
#include <vector>

#include "models/decoder.hpp"
#include "models/heads.hpp"
#include "models/resnet.hpp"

namespace fpanet {

/// The notebook's constructor parameters and their defaults. `classes` and `activation` default to
/// the values that the notebook always passes.
struct FPANetOptions {
  std::string encoder_name = "resnet34";
  int encoder_depth = 5;
  bool decoder_use_batchnorm = true;
  std::vector<Index> decoder_channels = {256, 128, 64, 32, 16};
  Index decoder_pab_channels = 64;
  Index in_channels = 3;
  Index classes = 7;
  Activation activation = Activation::softmax2d;
  std::optional<ClassificationOptions> aux_params = std::nullopt;
};

/// Both sides of an image must be multiples of this.
inline Index output_stride(const FPANetOptions& options) {
  return Index{1} << options.encoder_depth;
}

struct FPANetOutput {
  Value highpassed = {};     ///< (N,in,H,W): the image without its low frequencies
  Value logits = {};         ///< (N,classes,H,W)
  Value probabilities = {};  ///< activation(logits)
  std::optional<Value> labels = std::nullopt;  ///< (N,aux classes), only with aux_params
};

class FPANet {
 public:
  /// Registers 288 entries for the default options.
  FPANet(ParameterStore& store, const FPANetOptions& options);

  /// x (N,in_channels,H,W) in [0,1]; H and W at least 11 and divisible by output_stride().
  FPANetOutput operator()(const Forward& forward, Value x) const;
  /// The first step of operator(): x without its low frequencies.
  Value highpassed(Value x) const;
  /// The steps from the high-passed image up to the activation. `logits` have the dtype that the
  /// network computes in; `probabilities` stay undefined.
  FPANetOutput before_activation(const Forward& forward, Value highpassed) const;

  const FPANetOptions& options() const { return options_; }
  Index output_stride() const { return encoder_.output_stride(); }

 private:
  void check_input_shape(const Shape& shape) const;

  FPANetOptions options_;
  ResNetEncoder encoder_;
  FPANetDecoder decoder_;
  SegmentationHead segmentation_head_;
  std::optional<ClassificationHead> classification_head_;
  // The notebook's FreqFeature declares a convolution that its forward never calls. Every
  // checkpoint contains it, but it receives no gradient and keeps its initial values.
  Conv2d freq_feature_conv1_;
};

}  // namespace fpanet
