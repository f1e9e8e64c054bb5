#pragma once
// Pictures of any size for a net that takes multiples of its stride only.

#include "data/image.hpp"

namespace fpanet {

/// Where position >= 0 beyond a row of `size` pixels falls when the row is mirrored at its ends
/// over and over, the end pixels not repeated: 0 1 2 1 0 1 2 ... for 3; always 0 for 1.
Index reflected(Index position, Index size);

/// `size` rounded up to multiples of `stride`, at least 32 each way.
ImageSize padded_size(const ImageSize& size, Index stride);

/// The picture with its mirror image below and to the right of it, up to `size`; its own pixels
/// stay at the upper left. Any size of picture from 1x1.
Image pad_by_reflection(const Image& image, const ImageSize& size);

}  // namespace fpanet
