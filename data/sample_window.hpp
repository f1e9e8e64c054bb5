#pragma once
// Random windows of scenes (--sample crop): a window of the native picture is resized to the training
// size, so that the network sees the ground at several scales and more of it than in a picture that is
// shrunk as a whole.

#include <cstdint>

#include "data/image.hpp"

namespace fpanet {

/// The window of a picture for one scene and epoch, of which it is a function. Its shape is that of
/// `target`, its sides are between 0.5 and 2 times those (the factor is drawn uniformly), and it lies
/// anywhere in the picture. In a picture that is smaller than the window, the window is the largest
/// of that shape that fits, as in torchvision's RandomResizedCrop; nothing is padded. `size` and
/// `target` are not native.
Window draw_window(const ImageSize& size, const ImageSize& target, std::uint64_t seed, Index epoch,
                   Index scene);

}  // namespace fpanet
