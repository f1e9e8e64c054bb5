#include "apps/report/confusion_figure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "apps/report/draw_text.hpp"

namespace fpanet {
namespace {

constexpr Index kTextScale = 1;
constexpr Index kCell = 44;    // pixels of a side
constexpr Index kMargin = 10;  // pixels around the matrix and its labels
// A full share is a blue on which black text is still readable.
constexpr std::array<double, 3> kFullShare = {120, 160, 255};

/// The name as the font has it: what is not ASCII becomes '?'.
std::string drawable(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) == 0x80) continue;  // a continuation of UTF-8
    text += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return text;
}

void fill_cell(Image& image, Index top, Index left, double share) {
  for (Index y = top; y < top + kCell - 1; ++y) {
    for (Index x = left; x < left + kCell - 1; ++x) {
      for (std::size_t c = 0; c < kFullShare.size(); ++c) {
        image.at(y, x)[c] =
            static_cast<std::uint8_t>(std::lround(255 + share * (kFullShare[c] - 255)));
      }
    }
  }
}

void draw_centered(Image& image, Index top, Index left, Index width, const std::string& text) {
  draw_text(image, top, left + (width - text_width(text, kTextScale)) / 2, text, kTextScale);
}

}  // namespace

Image confusion_figure(const ClassTable& classes, const ConfusionMatrix& confusion) {
  const Index count = classes.size(), line = text_height(kTextScale);
  // Columns are narrow, so they are headed by numbers, which stand before the names of the rows.
  std::vector<std::string> names;
  Index widest = 0;
  for (Index label = 0; label < count; ++label) {
    names.push_back(fmt::format("{} {}", label, drawable(classes.name(label))));
    widest = std::max(widest, text_width(names.back(), kTextScale));
  }
  const std::string title = "true class (rows), predicted class (columns), % of the row";
  const Index left = 2 * kMargin + widest, top = 2 * kMargin + 2 * line;
  Image image(top + count * kCell + kMargin,
              std::max(left + count * kCell, kMargin + text_width(title, kTextScale)) + kMargin, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), 255);
  draw_text(image, kMargin, kMargin, title, kTextScale);
  for (Index row = 0; row < count; ++row) {
    const Index y = top + row * kCell, middle = y + (kCell - line) / 2;
    draw_text(image, middle, kMargin, names[static_cast<std::size_t>(row)], kTextScale);
    draw_centered(image, top - line, left + row * kCell, kCell, std::to_string(row));
    const auto pixels = static_cast<double>(confusion.of(row).pixels);
    for (Index column = 0; column < count; ++column) {
      const Index x = left + column * kCell;
      const double share = pixels > 0 ? static_cast<double>(confusion.at(row, column)) / pixels : 0;
      fill_cell(image, y, x, share);
      if (pixels > 0) draw_centered(image, middle, x, kCell, fmt::format("{:.1f}", 100 * share));
    }
  }
  return image;
}

}  // namespace fpanet
