#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

/// An RGB picture and what is written above it.
struct Panel {
  std::string title;
  Image image;
};

/// The panels side by side on white, each under its title: for `image`, `Original mask` and
/// `Prediction` the notebook's figure. Small pictures are enlarged by whole factors. Throws Error
/// for a panel that is not RGB.
Image side_by_side(const std::vector<Panel>& panels);

/// The notebook's figure of one scene; all three RGB.
Image scene_figure(const Image& image, const Image& mask, const Image& prediction);

/// (1 - opacity) * image + opacity * colors, rounded to nearest; opacity in [0, 1]. Throws Error
/// unless both are RGB and of one size.
Image overlay(const Image& image, const Image& colors, double opacity);

/// The picture as a "data:image/png;base64,..." address.
std::string png_data_url(const Image& image);

}  // namespace fpanet
