#pragma once
// OpenCV's resize, identical bit for bit (cv2.resize, modules/imgproc/src/resize.cpp): its own code,
// which computes every type and number of channels on every machine. On x86, builds with Intel's IPP
// replace it for 1, 3 and 4 channels of u16, i16 and f32 by one that rounds differently;
// cv2.ipp.setUseIPP(False) turns that off.

#include "data/image.hpp"

namespace fpanet {

enum class Interpolation { linear, nearest };

/// `linear` is INTER_LINEAR: 2x2 taps at (x + 0.5) * scale - 0.5, without antialiasing, with 11-bit
/// fixed-point weights for u8 and float weights for the other types. `nearest` is INTER_NEAREST: the
/// source is floor(x * scale), without half-pixel centres. The image may have any number of channels
/// of any sample type. If `size` is native or equal to the size of the image, the result is a copy.
Image resize(const Image& image, const ImageSize& size, Interpolation interpolation);

}  // namespace fpanet
