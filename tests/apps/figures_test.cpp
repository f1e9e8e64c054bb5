#include "apps/report/figures.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "apps/report/base64.hpp"
#include "apps/report/draw_text.hpp"
#include "data/codec.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

Image filled(Index height, Index width, std::uint8_t value) {
  Image image(height, width, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), value);
  return image;
}

std::vector<std::uint8_t> bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace

TEST_CASE("base64: the samples of RFC 4648") {
  CHECK(base64(bytes("")).empty());
  CHECK(base64(bytes("f")) == "Zg==");
  CHECK(base64(bytes("fo")) == "Zm8=");
  CHECK(base64(bytes("foo")) == "Zm9v");
  CHECK(base64(bytes("foobar")) == "Zm9vYmFy");
  CHECK(base64(std::vector<std::uint8_t>{0xff, 0xfe, 0xfd}) == "//79");
}

TEST_CASE("overlay blends, rounding to nearest") {
  const Image low = filled(2, 3, 10);
  const Image high = filled(2, 3, 255);
  CHECK(overlay(low, high, 0) == low);
  CHECK(overlay(low, high, 1) == high);
  CHECK(overlay(low, high, 0.5) == filled(2, 3, 133));  // 132.5
  CHECK(contains(message_of<Error>([&] { overlay(low, filled(3, 2, 0), 0.5); }), "2x3"));
  CHECK(contains(message_of<Error>([&] { overlay(low, Image(2, 3, 1), 0.5); }), "1 channel"));
}

TEST_CASE("the notebook's figure: three pictures in order, each under a title") {
  const Image figure =
      scene_figure(filled(220, 240, 50), filled(220, 240, 100), filled(220, 240, 200));
  CHECK(figure.channels == 3);
  const Index y = figure.height / 2;
  std::vector<int> seen;  // values along the middle row, repeats and white left out
  for (Index x = 0; x < figure.width; ++x) {
    const int value = *figure.at(y, x);
    if (value != 255 && (seen.empty() || seen.back() != value)) seen.push_back(value);
  }
  CHECK(seen == std::vector<int>{50, 100, 200});
  const auto pixels_of = [&](int value) {
    return std::count(figure.pixels.begin(), figure.pixels.end(), value) / 3;
  };
  for (const int value : {50, 100, 200}) CHECK(pixels_of(value) == 220 * 240);
  CHECK(pixels_of(0) > 100);  // the titles
}

TEST_CASE("small pictures are enlarged, and of any size they stay whole") {
  const Image figure = scene_figure(filled(32, 32, 50), filled(1, 1, 100), filled(32, 32, 200));
  CHECK(std::count(figure.pixels.begin(), figure.pixels.end(), 50) / 3 == 32 * 32 * 7 * 7);
  CHECK(std::count(figure.pixels.begin(), figure.pixels.end(), 100) / 3 == 7 * 7);
  CHECK(contains(message_of<Error>([] { side_by_side({{"t", Image(4, 4, 1)}}); }), "1 channel"));
}

TEST_CASE("text is cut off at the border") {
  Image image = filled(6, 20, 255);
  draw_text(image, -3, -4, "Prediction", 2);
  draw_text(image, 4, 15, "Prediction", 1);
  CHECK(std::count(image.pixels.begin(), image.pixels.end(), 0) > 0);
  CHECK(text_width("ab", 2) == 2 * text_width("ab", 1));
}

TEST_CASE("an embedded picture decodes to the same pixels") {
  const std::string url = png_data_url(filled(3, 5, 7));
  CHECK(url.starts_with("data:image/png;base64,iVBORw0KGgo"));
}

}  // namespace fpanet
