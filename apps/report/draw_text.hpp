#pragma once

#include <string>

#include "data/image.hpp"

namespace fpanet {

/// Width and height in pixels of a line of text (ASCII) at an integer scale.
Index text_width(const std::string& text, Index scale);
Index text_height(Index scale);

/// Draws a line of black text with its upper left corner at (y, x), clipped to the image.
void draw_text(Image& image, Index y, Index x, const std::string& text, Index scale);

}  // namespace fpanet
