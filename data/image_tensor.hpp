#pragma once
// Images as tensors, whose memory has the same order: channels last.

#include "data/image.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// (1,channels,H,W) of the image's sample type.
Tensor tensor_of(const Image& image);
/// The n-th image of a tensor (N,channels,H,W) on the CPU.
Image image_of(const Tensor& images, Index n);

}  // namespace fpanet
