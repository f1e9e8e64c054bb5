#pragma once
// The decoder of U-Net and FPA-Net: blocks that double the resolution and concatenate the encoder
// feature of the new resolution. In FPA-Net, position attention on the deepest feature comes first.

#include <optional>
#include <vector>

#include "models/pab.hpp"

namespace fpanet {

/// conv2(conv1(concat(upsample2x(x), skip))). The channels of x come before those of skip.
class DecoderBlock {
 public:
  DecoderBlock(const Scope& scope, Index in_channels, Index skip_channels, Index out_channels,
               bool use_batchnorm);
  /// x (N,in,h,w), skip (N,skip,2h,2w) or none -> (N,out,2h,2w).
  Value operator()(const Forward& forward, Value x, std::optional<Value> skip) const;

 private:
  Conv2dReLU conv1_;
  Conv2dReLU conv2_;
};

class Decoder {
 public:
  /// `encoder_channels` is ResNetEncoder::out_channels(). `decoder_channels` holds the output
  /// channels of each block; the number of blocks must equal the encoder's depth.
  /// `attention_channels` and `softmax` are PositionAttention's; no channels: no attention.
  Decoder(const Scope& scope, const std::vector<Index>& encoder_channels,
          const std::vector<Index>& decoder_channels, bool use_batchnorm,
          std::optional<Index> attention_channels,
          AttentionSoftmax softmax = AttentionSoftmax::map);
  /// Maps the encoder's features to (N,decoder_channels.back(),H,W).
  Value operator()(const Forward& forward, const std::vector<Value>& features) const;

 private:
  std::optional<PositionAttention> center_;
  std::vector<DecoderBlock> blocks_;
};

}  // namespace fpanet
