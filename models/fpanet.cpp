#include "models/fpanet.hpp"

#include "engine/core/error.hpp"
#include "layers/cast.hpp"
#include "layers/high_pass.hpp"

namespace fpanet {

namespace {

Conv2d unused_conv(const Scope& scope) {
  const Shape weight{3, 3, 3, 3};
  return {scope,
          {.in_channels = 3,
           .out_channels = 3,
           .kernel = 3,
           .padding = 1,
           .initializer = init::torch_default(weight),
           .bias_initializer = init::torch_default(weight)}};
}

std::optional<ClassificationHead> optional_head(const Scope& scope, Index in_channels,
                                                const FPANetOptions& options) {
  if (!options.aux_params) return std::nullopt;
  return ClassificationHead(scope, in_channels, *options.aux_params);
}

}  // namespace

FPANet::FPANet(ParameterStore& store, const FPANetOptions& options)
    : options_(options),
      encoder_(Scope(store) / "model" / "encoder", options.encoder_name, options.encoder_depth,
               options.in_channels),
      decoder_(Scope(store) / "model" / "decoder", encoder_.out_channels(),
               options.decoder_channels, options.decoder_use_batchnorm,
               options.decoder_pab_channels),
      segmentation_head_(Scope(store) / "model" / "segmentation_head",
                         options.decoder_channels.back(), options.classes, options.activation),
      classification_head_(optional_head(Scope(store) / "model" / "classification_head",
                                         encoder_.out_channels().back(), options)),
      freq_feature_conv1_(unused_conv(Scope(store) / "FreqFeature" / "conv1")) {}

void FPANet::check_input_shape(const Shape& shape) const {
  require(shape.rank() == 4 && shape[1] == options_.in_channels,
          "fpanet: input of shape {} is not (N,{},H,W)", shape, options_.in_channels);
  const Index h = shape[2], w = shape[3], s = output_stride();
  if (h % s == 0 && w % s == 0) return;
  const auto padded = [s](Index size) { return size % s == 0 ? size : (size / s + 1) * s; };
  fail(
      "fpanet: Wrong input shape height={}, width={}. Expected image height and width divisible by "
      "{}. Consider pad your images to shape ({}, {}).",
      h, w, s, padded(h), padded(w));
}

Value FPANet::highpassed(Value x) const {
  check_input_shape(x.shape());
  return high_pass(x);
}

FPANetOutput FPANet::before_activation(const Forward& forward, Value highpassed) const {
  check_input_shape(highpassed.shape());
  FPANetOutput output{.highpassed = highpassed};
  // In mixed precision the high-pass filter, the softmax and the loss still compute in f32.
  const Value image = in_dtype(highpassed, forward.activations.value_or(highpassed.dtype()));
  const std::vector<Value> features = encoder_(forward, image);
  output.logits = segmentation_head_.logits(forward, decoder_(forward, features));
  if (classification_head_) {
    output.labels = (*classification_head_)(forward, features.back());
  }
  return output;
}

FPANetOutput FPANet::operator()(const Forward& forward, Value x) const {
  FPANetOutput output = before_activation(forward, highpassed(x));
  output.logits = in_dtype(output.logits, x.dtype());
  output.probabilities = activate(output.logits, segmentation_head_.activation());
  return output;
}

}  // namespace fpanet
