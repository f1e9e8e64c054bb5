#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

/// An RGB image and the title above it.
struct Panel {
  std::string title;
  Image image;
};

/// The panels side by side on white, each below its title. Small images are enlarged by an integer
/// factor. Throws Error if a panel is not RGB.
Image side_by_side(const std::vector<Panel>& panels);

/// The notebook's figure of one scene: `image`, `Original mask` and `Prediction` side by side. All
/// three are RGB. `image_title` says which bands of the scene are shown.
Image scene_figure(const Image& image, const Image& mask, const Image& prediction,
                   const std::string& image_title = "image");

/// (1 - opacity) * image + opacity * colors, rounded to nearest; opacity is in [0, 1]. Throws Error
/// unless both are RGB and have the same size.
Image overlay(const Image& image, const Image& colors, double opacity);

/// The image as a "data:image/png;base64,..." URL.
std::string png_data_url(const Image& image);

}  // namespace fpanet
