#include "apps/report/draw_text.hpp"

#include <stb_easy_font.h>

#include <algorithm>
#include <array>
#include <vector>

namespace fpanet {
namespace {

constexpr Index kGlyphHeight = 10;  // glyph height in stb_easy_font, including descenders

/// A corner of a quad in the memory layout of stb_easy_font.
struct Vertex {
  float x, y, z;
  std::array<unsigned char, 4> color;
};
using Quad = std::array<Vertex, 4>;  // an axis-aligned rectangle; corners 0 and 2 are opposite

constexpr std::size_t kMostQuadsPerCharacter = 32;

std::vector<Quad> glyph_quads(std::string text) {
  std::vector<Quad> quads((text.size() + 1) * kMostQuadsPerCharacter);
  const int count = stb_easy_font_print(0, 0, text.data(), nullptr, quads.data(),
                                        static_cast<int>(quads.size() * sizeof(Quad)));
  quads.resize(static_cast<std::size_t>(count));
  return quads;
}

void fill_black(Image& image, Index y0, Index x0, Index y1, Index x1) {
  y0 = std::max<Index>(y0, 0);
  x0 = std::max<Index>(x0, 0);
  y1 = std::min(y1, image.height);
  x1 = std::min(x1, image.width);
  for (Index y = y0; y < y1 && x0 < x1; ++y) std::fill(image.at(y, x0), image.at(y, x1), 0);
}

}  // namespace

Index text_width(const std::string& text, Index scale) {
  std::string copy = text;
  return stb_easy_font_width(copy.data()) * scale;
}

Index text_height(Index scale) {
  return kGlyphHeight * scale;
}

void draw_text(Image& image, Index y, Index x, const std::string& text, Index scale) {
  const auto pixel = [scale](float at) { return static_cast<Index>(at) * scale; };
  for (const Quad& quad : glyph_quads(text)) {
    fill_black(image, y + pixel(quad[0].y), x + pixel(quad[0].x), y + pixel(quad[2].y),
               x + pixel(quad[2].x));
  }
}

}  // namespace fpanet
