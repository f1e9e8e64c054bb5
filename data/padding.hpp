#pragma once
// Pads images of any size for a network that only takes multiples of its stride.

#include "data/image.hpp"

namespace fpanet {

/// The source of `position` >= 0 in a row of `size` pixels that is mirrored repeatedly at its ends
/// without repeating the end pixels: 0 1 2 1 0 1 2 ... for size 3; always 0 for size 1.
Index reflected(Index position, Index size);

/// `size` rounded up to multiples of `stride`, where each side is first raised to at least 32 and at
/// least `smallest_side`.
ImageSize padded_size(const ImageSize& size, Index stride, Index smallest_side = 1);

/// The image, extended by reflection below and to the right up to `size`; the original pixels stay
/// at the upper left. The image may have any size from 1x1.
Image pad_by_reflection(const Image& image, const ImageSize& size);

}  // namespace fpanet
