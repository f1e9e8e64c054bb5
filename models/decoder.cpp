#include "models/decoder.hpp"

#include "engine/core/error.hpp"

namespace fpanet {

DecoderBlock::DecoderBlock(const Scope& scope, Index in_channels, Index skip_channels,
                           Index out_channels, bool use_batchnorm)
    : conv1_(scope / "conv1", in_channels + skip_channels, out_channels, use_batchnorm),
      conv2_(scope / "conv2", out_channels, out_channels, use_batchnorm) {}

Value DecoderBlock::operator()(const Forward& forward, Value x, std::optional<Value> skip) const {
  return conv2_(forward, conv1_.upsampled(forward, x, skip));
}

Decoder::Decoder(const Scope& scope, const std::vector<Index>& encoder_channels,
                 const std::vector<Index>& decoder_channels, bool use_batchnorm,
                 std::optional<Index> attention_channels, AttentionSoftmax softmax) {
  if (attention_channels) {
    center_.emplace(scope / "center", encoder_channels.back(), *attention_channels, softmax);
  }
  const std::size_t depth = encoder_channels.size() - 1;
  require(decoder_channels.size() == depth,
          "decoder: Model depth is {}, but you provide `decoder_channels` for {} blocks.", depth,
          decoder_channels.size());
  const Scope blocks = scope / "blocks";
  Index in_channels = encoder_channels.back();
  for (std::size_t i = 0; i < depth; ++i) {
    // Skips run from the second-deepest feature up. The input image is not used as a skip.
    const Index skip_channels = i + 1 < depth ? encoder_channels[depth - 1 - i] : 0;
    blocks_.emplace_back(blocks / std::to_string(i), in_channels, skip_channels,
                         decoder_channels[i], use_batchnorm);
    in_channels = decoder_channels[i];
  }
}

Value Decoder::operator()(const Forward& forward, const std::vector<Value>& features) const {
  const std::size_t depth = features.size() - 1;
  Value x = center_ ? (*center_)(forward, features.back()) : features.back();
  for (std::size_t i = 0; i < depth; ++i) {
    const auto skip = i + 1 < depth ? std::optional<Value>(features[depth - 1 - i]) : std::nullopt;
    x = blocks_[i](forward, x, skip);
  }
  return x;
}

}  // namespace fpanet
