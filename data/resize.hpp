#pragma once
// OpenCV's uint8 resize, identical byte for byte (cv2.resize, modules/imgproc/src/resize.cpp).

#include "data/image.hpp"

namespace fpanet {

enum class Interpolation { linear, nearest };

/// `linear` is INTER_LINEAR: 2x2 taps at (x + 0.5) * scale - 0.5 with 11-bit fixed-point weights
/// and without antialiasing. `nearest` is INTER_NEAREST: the source is floor(x * scale), without
/// half-pixel centres. The image may have any number of channels. If `size` is native or equal to
/// the size of the image, the result is a copy.
Image resize(const Image& image, const ImageSize& size, Interpolation interpolation);

}  // namespace fpanet
