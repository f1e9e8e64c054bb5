#pragma once
// From a net's probabilities to pictures.

#include <vector>

#include "data/class_table.hpp"
#include "data/image.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// Label map (one channel) of image `n` of probabilities (N,classes,H,W), f32 or f64 on the CPU:
/// the likeliest class of each pixel, the lower one of equals. Only the upper left `size` of the
/// image, which must not exceed it.
Image likeliest_labels(const Tensor& probabilities, Index n, const ImageSize& size);

/// The same part of the probabilities of image `n`, as (classes,H,W) in C order.
std::vector<float> planar_probabilities(const Tensor& probabilities, Index n,
                                        const ImageSize& size);

/// Classes of a model file that does not name them: DeepGlobe's if there are seven, else "class_0",
/// "class_1", ... in colours that are all different, none of them black. Throws Error for more
/// than 255.
ClassTable default_classes(Index count);

}  // namespace fpanet
