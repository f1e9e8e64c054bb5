#pragma once
// OpenCV's uint8 resize, byte for byte (cv2.resize, modules/imgproc/src/resize.cpp).

#include "data/image.hpp"

namespace fpanet {

enum class Interpolation { linear, nearest };

/// INTER_LINEAR: 2x2 taps at (x + 0.5) * scale - 0.5 with 11-bit fixed-point weights, no
/// antialiasing; or INTER_NEAREST: source floor(x * scale), no half-pixel centre. Any number of
/// channels. A `size` that is native or the image's own copies.
Image resize(const Image& image, const ImageSize& size, Interpolation interpolation);

}  // namespace fpanet
