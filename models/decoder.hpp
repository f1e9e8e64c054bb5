#pragma once
// FPA-Net's decoder: position attention on the deepest feature, then blocks that double the
// resolution and take in the encoder's feature of that resolution.

#include <vector>

#include "models/pab.hpp"

namespace fpanet {

/// conv2(conv1(concat(upsample2x(x), skip))), channels in that order.
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

class FPANetDecoder {
 public:
  /// encoder_channels as ResNetEncoder::out_channels(); one decoder block per decoder channel.
  FPANetDecoder(const Scope& scope, const std::vector<Index>& encoder_channels,
                const std::vector<Index>& decoder_channels, bool use_batchnorm, Index pab_channels);
  /// The encoder's features -> (N,decoder_channels.back(),H,W).
  Value operator()(const Forward& forward, const std::vector<Value>& features) const;

 private:
  PositionAttention center_;
  std::vector<DecoderBlock> blocks_;
};

}  // namespace fpanet
