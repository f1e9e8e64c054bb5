#pragma once

#include <string>

#include "data/image.hpp"

namespace fpanet {

/// Width and height in pixels of a line of text (ASCII) at a whole-number scale.
Index text_width(const std::string& text, Index scale);
Index text_height(Index scale);

/// Draws a line of black text with its upper left corner at (y, x); what lies outside is cut off.
void draw_text(Image& image, Index y, Index x, const std::string& text, Index scale);

}  // namespace fpanet
