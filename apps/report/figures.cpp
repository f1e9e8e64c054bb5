#include "apps/report/figures.hpp"

#include <algorithm>
#include <cmath>

#include "apps/report/base64.hpp"
#include "apps/report/draw_text.hpp"
#include "data/codec.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

constexpr Index kSmallestPanel = 200;  // pixels; smaller images are enlarged to at least this width
constexpr Index kGap = 16;             // pixels around and between panels
constexpr Index kPanelPerTextScale = 120;

void require_rgb(const char* what, const Image& image) {
  require(image.channels == 3 && image.type == DType::u8 && image.height > 0 && image.width > 0,
          "{}: expects RGB pictures, got {} with {} channel(s)", what, image.size_str(),
          image.channels);
}

/// The image with each pixel repeated `factor` times in both directions.
Image enlarged(const Image& image, Index factor) {
  Image large(image.height * factor, image.width * factor, image.channels);
  for (Index y = 0; y < large.height; ++y) {
    for (Index x = 0; x < large.width; ++x) {
      std::copy_n(image.at(y / factor, x / factor), image.channels, large.at(y, x));
    }
  }
  return large;
}

void paste(Image& canvas, const Image& image, Index top, Index left) {
  for (Index y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), image.row_bytes(), canvas.at(top + y, left));
  }
}

}  // namespace

Image side_by_side(const std::vector<Panel>& panels) {
  require(!panels.empty(), "figure: no panels");
  Index tallest = 0;
  Index widest = 0;
  for (const Panel& panel : panels) {
    require_rgb("figure", panel.image);
    tallest = std::max(tallest, panel.image.height);
    widest = std::max(widest, panel.image.width);
  }
  const Index factor = (kSmallestPanel + widest - 1) / widest;
  const Index cell = widest * factor;
  const Index scale = std::max<Index>(1, cell / kPanelPerTextScale);
  const Index top = 2 * kGap + text_height(scale);
  const auto count = static_cast<Index>(panels.size());

  Image canvas(top + tallest * factor + kGap, kGap + count * (cell + kGap), 3);
  std::fill(canvas.pixels.begin(), canvas.pixels.end(), 255);
  for (Index i = 0; i < count; ++i) {
    const Panel& panel = panels[static_cast<std::size_t>(i)];
    const Index left = kGap + i * (cell + kGap);
    draw_text(canvas, kGap, left + (cell - text_width(panel.title, scale)) / 2, panel.title, scale);
    paste(canvas, enlarged(panel.image, factor), top,
          left + (cell - panel.image.width * factor) / 2);
  }
  return canvas;
}

Image scene_figure(const Image& image, const Image& mask, const Image& prediction,
                   const std::string& image_title) {
  return side_by_side({{image_title, image}, {"Original mask", mask}, {"Prediction", prediction}});
}

Image overlay(const Image& image, const Image& colors, double opacity) {
  require_rgb("overlay", image);
  require_rgb("overlay", colors);
  require(image.height == colors.height && image.width == colors.width,
          "overlay: the image is {} but the colours are {}", image.size_str(), colors.size_str());
  Image blend = image;
  for (std::size_t i = 0; i < blend.pixels.size(); ++i) {
    const double value = (1 - opacity) * image.pixels[i] + opacity * colors.pixels[i];
    blend.pixels[i] = static_cast<std::uint8_t>(std::lround(value));
  }
  return blend;
}

std::string png_data_url(const Image& image) {
  return "data:image/png;base64," + base64(codec::encode_png(image));
}

}  // namespace fpanet
