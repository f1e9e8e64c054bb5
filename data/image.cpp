#include "data/image.hpp"

#include <fmt/core.h>

#include <charconv>
#include <optional>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

/// An integer of at least 1, or nullopt.
std::optional<Index> parse_side(std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

}  // namespace

Image::Image(Index height_in, Index width_in, Index channels_in)
    : height(height_in),
      width(width_in),
      channels(channels_in),
      pixels(static_cast<std::size_t>(height * width * channels)) {}

std::string Image::size_str() const {
  return fmt::format("{}x{}", height, width);
}

ImageSize ImageSize::parse(std::string_view text) {
  if (text == "native") return {};
  const std::size_t cross = text.find('x');
  const auto height = parse_side(text.substr(0, cross));
  const auto width = cross == text.npos ? height : parse_side(text.substr(cross + 1));
  require(height && width, "image size '{}': expected a number such as 320, HxW or native", text);
  return {*height, *width};
}

std::string ImageSize::str() const {
  return native() ? "native" : fmt::format("{}x{}", height, width);
}

}  // namespace fpanet
