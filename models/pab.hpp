#pragma once
// Position-attention block of FPA-Net (and MAnet): every position of the deepest feature map
// attends to every other. With P = h*w positions and K = pab_channels:
//
//   T = top_conv(x)     1x1, (N,K,h,w)      S = C T^T          (N,P,P), no 1/sqrt(K)
//   C = center_conv(x)  1x1, (N,K,h,w)      A = softmax of S over all P*P entries of an image
//   B = bottom_conv(x)  3x3, (N,C,h,w)      M = A B            (N,P,C)
//   y = out_conv(x + reread(M)),            3x3
//
// AttentionSoftmax::row is an option of ours: each row of S has a softmax of its own, as in other
// attention, and top_conv and center_conv begin with weights that are smaller by K^(1/4), so that scores
// begin smaller by sqrt(K).
//
// For a large image the map is computed in blocks of rows and never stored as a whole
// (layers/position_attention.hpp), unless each row has its own softmax.
//
// T, C and B are read as (N,P,channels), which is how channels-last memory already stores them. Two
// quirks of the published code are kept because trained weights depend on them: the softmax spans
// the whole map instead of one row, and the (P,C) memory of M is reinterpreted as (C,h,w) without a
// transpose.
// Fan et al., "MA-Net", 2020; Rubel and Shih, "FPA-Net", 2023.
// Derivation: docs/derivations/position_attention.md#the-size-of-an-entry

#include "layers/modules.hpp"

namespace fpanet {

/// What one softmax spans: the map of an image, or each row of it.
enum class AttentionSoftmax { map, row };

class PositionAttention {
 public:
  PositionAttention(const Scope& scope, Index channels, Index pab_channels,
                    AttentionSoftmax softmax = AttentionSoftmax::map);
  /// x (N,C,h,w) -> (N,C,h,w).
  Value operator()(const Forward& forward, Value x) const;

 private:
  AttentionSoftmax softmax_;
  Conv2d top_conv_;
  Conv2d center_conv_;
  Conv2d bottom_conv_;
  Conv2d out_conv_;
};

}  // namespace fpanet
