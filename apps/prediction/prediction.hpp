#pragma once
// Converts the probabilities of a network to label maps and class tables.

#include <vector>

#include "data/class_table.hpp"
#include "data/image.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// The label map (one channel) of image `n` of probabilities (N,classes,H,W), f32 or f64 on the
/// CPU: the most likely class of each pixel; among equals, the lowest. Covers only the upper left
/// part of `size`, which must not exceed the image.
Image likeliest_labels(const Tensor& probabilities, Index n, const ImageSize& size);

/// The probabilities of the same part of image `n`, as (classes,H,W) in C order.
std::vector<float> planar_probabilities(const Tensor& probabilities, Index n,
                                        const ImageSize& size);

/// Classes for a model file that does not name them: DeepGlobe's if there are seven, otherwise
/// "class_0", "class_1", ... with different colours, none of them black. Throws Error for more than
/// 255.
ClassTable default_classes(Index count);

}  // namespace fpanet
