#include "data/image.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "data/georeference.hpp"
#include "data/image_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {

namespace {

/// An integer of at least 1, or nullopt.
std::optional<Index> parse_side(std::string_view text) {
  const auto value = parse_number<Index>(text);
  return value && *value >= 1 ? value : std::nullopt;
}

}  // namespace

Image::Image(Index height_in, Index width_in, Index channels_in, DType type_in)
    : height(height_in),
      width(width_in),
      channels(channels_in),
      type(type_in),
      pixels(static_cast<std::size_t>(height * row_bytes())) {}

std::string Image::size_str() const {
  return fmt::format("{}x{}", height, width);
}

bool Image::operator==(const Image& other) const {
  return height == other.height && width == other.width && channels == other.channels &&
         type == other.type && pixels == other.pixels;
}

void Image::check_type(DType wanted) const {
  require(type == wanted, "image: samples are {}, but are read as {}", name_of(type),
          name_of(wanted));
}

Image crop(const Image& image, const Window& window) {
  require(window.top >= 0 && window.left >= 0 && window.height >= 1 && window.width >= 1 &&
              window.top <= image.height - window.height &&
              window.left <= image.width - window.width,
          "window of {}x{} at row {}, column {} is not inside an image of {}", window.height,
          window.width, window.top, window.left, image.size_str());
  Image out(window.height, window.width, image.channels, image.type);
  out.nodata = image.nodata;
  if (image.georeference) {
    out.georeference = std::make_shared<const Georeference>(image.georeference->moved(
        static_cast<double>(window.left), static_cast<double>(window.top)));
  }
  for (Index y = 0; y < window.height; ++y) {
    std::copy_n(image.at(window.top + y, window.left), out.row_bytes(), out.row(y));
  }
  return out;
}

ImageSize ImageSize::parse(std::string_view text) {
  if (text == "native") return {};
  const std::size_t cross = text.find('x');
  const auto height = parse_side(text.substr(0, cross));
  const auto width = cross == text.npos ? height : parse_side(text.substr(cross + 1));
  require(height && width, "image size '{}': expected a number such as 320, HxW or native", text);
  require(*height <= kMaxImagePixels / *width, "image size '{}': expected at most {} pixels", text,
          kMaxImagePixels);
  return {*height, *width};
}

std::string ImageSize::str() const {
  return native() ? "native" : fmt::format("{}x{}", height, width);
}

}  // namespace fpanet
