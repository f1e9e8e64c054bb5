#include "data/augment.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/mask.hpp"
#include "data/resize.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/data/scene_files.hpp"
#include "tests/support/golden.hpp"

namespace fpanet {

TEST_CASE("augment: brightness and contrast are numpy's float32 table") {
  const auto path = test::golden_path("brightness_contrast.json");
  REQUIRE(path);
  const auto cases = nlohmann::json::parse(std::ifstream(*path));
  REQUIRE(cases.size() == 10);
  for (const auto& one : cases) {
    const auto table = brightness_contrast_table(one.at("alpha"), one.at("beta"));
    CHECK(table == one.at("table").get<std::array<std::uint8_t, 256>>());
  }
  const auto table = brightness_contrast_table(1.13, -0.07);
  CHECK(table[17] == 1);    // 1.36, cut off
  CHECK(table[100] == 95);  // 95.15
  CHECK(table[0] == 0);
}

namespace {

Image bytes_image(const StateDict& tensors, const std::string& name) {
  const StateEntry& entry = tensors.at(name);
  Image image(entry.shape()[0], entry.shape()[1], entry.shape()[2]);
  std::memcpy(image.pixels.data(), entry.bytes().span().data(), image.pixels.size());
  return image;
}

}  // namespace

TEST_CASE("augment: the bytes of OpenCV and numpy, as albumentations calls them") {
  const auto path = test::golden_path("augmentation.safetensors");
  REQUIRE(path);
  const StateDict golden = read_safetensors(*path).tensors;
  const Image image = bytes_image(golden, "image");
  const std::vector<double> draws = golden.at("draws").values<double>();
  const std::size_t columns = 9, count = draws.size() / columns;
  REQUIRE(count == 11);
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i);
    const double* const row = draws.data() + columns * i;
    AugmentDraw draw{.flip_horizontal = row[0] != 0,
                     .flip_vertical = row[1] != 0,
                     .quarter_turns = static_cast<int>(row[2]),
                     .alpha = row[3],
                     .beta = row[4]};
    if (row[5] != 0) draw.colours = HsvShift{row[6], row[7], row[8]};
    Image made(image.height, image.width, 3);
    augment_image(image, draw, BandScale::bytes(), std::as_writable_bytes(std::span(made.pixels)));
    CHECK(made == bytes_image(golden, fmt::format("augmented.{}", i)));
  }
}

TEST_CASE("augment: windows are cut and resized as by OpenCV") {
  const auto path = test::golden_path("augmentation.safetensors");
  REQUIRE(path);
  const StateDict golden = read_safetensors(*path).tensors;
  const Image scene = bytes_image(golden, "scene"), labels = bytes_image(golden, "labels");
  const auto windows = golden.at("windows").values<std::int64_t>();
  REQUIRE(windows.size() == 20);
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    const auto* const row = windows.data() + 4 * i;
    const Window window{row[0], row[1], row[2], row[3]};
    const std::string name = fmt::format("window.{}.", i);
    CHECK(resize(crop(scene, window), {32, 32}, Interpolation::linear) ==
          bytes_image(golden, name + "image"));
    CHECK(resize(crop(labels, window), {32, 32}, Interpolation::nearest) ==
          bytes_image(golden, name + "labels"));
  }
}

TEST_CASE("augment: every RGB to HSV and every HSV to RGB as OpenCV converts them") {
  const auto path = test::golden_path("augmentation.safetensors");
  REQUIRE(path);
  const auto sums = read_safetensors(*path).metadata;
  const auto sum_of = [](int planes, const auto& convert) {
    uLong sum = 0;
    std::vector<std::uint8_t> plane;
    for (int first = 0; first < planes; ++first) {
      plane.clear();
      for (int second = 0; second < 256; ++second) {
        for (int third = 0; third < 256; ++third) {
          for (const std::uint8_t byte :
               convert(static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second),
                       static_cast<std::uint8_t>(third))) {
            plane.push_back(byte);
          }
        }
      }
      sum = ::crc32_z(sum, plane.data(), plane.size());
    }
    return std::to_string(sum);
  };
  using Triple = std::array<std::uint8_t, 3>;
  CHECK(sum_of(256, [](std::uint8_t r, std::uint8_t g, std::uint8_t b) {
          const HsvBytes hsv = rgb_to_hsv({r, g, b});
          return Triple{hsv.hue, hsv.saturation, hsv.value};
        }) == sums.at("rgb_to_hsv"));
  CHECK(sum_of(180, [](std::uint8_t h, std::uint8_t s, std::uint8_t v) {
          const RgbBytes rgb = hsv_to_rgb({h, s, v});
          return Triple{rgb.red, rgb.green, rgb.blue};
        }) == sums.at("hsv_to_rgb"));
}

TEST_CASE("augment: labels turn with their image") {
  const Image image = test::picture(5, 5);
  Image labels(5, 5, 1);
  for (std::size_t i = 0; i < labels.pixels.size(); ++i) {
    labels.pixels[i] = image.pixels[3 * i + 1];
  }
  for (int turns = 0; turns < 4; ++turns) {
    CAPTURE(turns);
    const AugmentDraw draw{.flip_horizontal = true, .quarter_turns = turns};
    std::vector<std::uint8_t> pixels(image.pixels.size());
    std::vector<std::int32_t> values(labels.pixels.size());
    augment_image(image, draw, BandScale::bytes(), std::as_writable_bytes(std::span(pixels)));
    augment_labels(labels, draw, values);
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == pixels[3 * i + 1]);
  }
}

TEST_CASE("augment: flips move image and labels alike") {
  const Image image = test::picture(3, 5);
  Image labels(3, 5, 1);
  for (std::size_t i = 0; i < labels.pixels.size(); ++i) {
    labels.pixels[i] = static_cast<std::uint8_t>(i);
  }
  labels.pixels[0] = kIgnoreByte;
  for (const bool horizontal : {false, true}) {
    for (const bool vertical : {false, true}) {
      AugmentDraw draw;
      draw.flip_horizontal = horizontal;
      draw.flip_vertical = vertical;
      std::vector<std::uint8_t> pixels(image.pixels.size());
      std::vector<std::int32_t> values(labels.pixels.size());
      augment_image(image, draw, BandScale::bytes(), std::as_writable_bytes(std::span(pixels)));
      augment_labels(labels, draw, values);
      for (Index y = 0; y < 3; ++y) {
        for (Index x = 0; x < 5; ++x) {
          const Index from_y = vertical ? 2 - y : y, from_x = horizontal ? 4 - x : x;
          const auto at = static_cast<std::size_t>(y * 5 + x);
          const int label = *labels.at(from_y, from_x);
          CHECK(values[at] == (label == kIgnoreByte ? kIgnoreLabel : label));
          for (Index c = 0; c < 3; ++c) {
            CHECK(pixels[3 * at + static_cast<std::size_t>(c)] == image.at(from_y, from_x)[c]);
          }
        }
      }
    }
  }
}

TEST_CASE("augment: brightness and contrast of deep samples act on the range of their band") {
  Image image(1, 2, 3, DType::u16);
  std::ranges::copy(std::vector<std::uint16_t>{100, 1000, 3000, 0, 2000, 65535},
                    image.samples<std::uint16_t>().begin());
  BandScale scale;
  scale.low = {100, 0, 1000};
  scale.high = {300, 2000, 5000};
  AugmentDraw draw;
  draw.flip_horizontal = true;
  draw.alpha = 1.5;
  draw.beta = 0.125;
  std::vector<std::uint16_t> out(6);
  const auto bytes = std::as_writable_bytes(std::span(out));
  augment_image(image, draw, scale, bytes);
  // low + (v - low) * 1.5 + range / 8, inside the band's range
  CHECK(out == std::vector<std::uint16_t>{100, 2000, 5000, 125, 1750, 4500});
  draw.alpha = 1;
  draw.beta = 0;
  augment_image(image, draw, scale, bytes);
  CHECK(out == std::vector<std::uint16_t>{0, 2000, 65535, 100, 1000, 3000});
}

TEST_CASE("augment: draws are a function of seed, epoch and scene, with the notebook's chances") {
  const auto same = [](const AugmentDraw& a, const AugmentDraw& b) {
    return a.flip_horizontal == b.flip_horizontal && a.flip_vertical == b.flip_vertical &&
           a.alpha == b.alpha && a.beta == b.beta;
  };
  constexpr Index kDraws = 4000;
  int horizontal = 0, vertical = 0, jittered = 0, repeats = 0;
  for (Index i = 0; i < kDraws; ++i) {
    const AugmentDraw draw = draw_augment(Augment::notebook, 42, i / 100, i % 100);
    REQUIRE(same(draw, draw_augment(Augment::notebook, 42, i / 100, i % 100)));
    horizontal += draw.flip_horizontal;
    vertical += draw.flip_vertical;
    jittered += draw.alpha != 1.0;
    repeats +=
        draw.alpha != 1.0 && same(draw, draw_augment(Augment::notebook, 42, i % 100 + 50, i / 100));
    REQUIRE(std::abs(draw.alpha - 1.0) <= 0.2);
    REQUIRE(std::abs(draw.beta) <= 0.2);
  }
  CHECK(horizontal == doctest::Approx(0.5 * kDraws).epsilon(0.1));
  CHECK(vertical == doctest::Approx(0.5 * kDraws).epsilon(0.1));
  CHECK(jittered == doctest::Approx(0.3 * kDraws).epsilon(0.1));
  CHECK(repeats == 0);
}

TEST_CASE("augment: strong draws, and what the limits forbid") {
  constexpr Index kDraws = 4000;
  int horizontal = 0, vertical = 0, turned = 0, jittered = 0, shifted_ones = 0;
  double most_hue = 0, most_saturation = 0, most_value = 0;
  for (Index i = 0; i < kDraws; ++i) {
    const AugmentDraw draw = draw_augment(Augment::strong, 42, i / 100, i % 100);
    REQUIRE(draw == draw_augment(Augment::strong, 42, i / 100, i % 100));
    horizontal += draw.flip_horizontal;
    vertical += draw.flip_vertical;
    turned += draw.quarter_turns != 0;
    REQUIRE(draw.quarter_turns >= 0);
    REQUIRE(draw.quarter_turns <= 3);
    jittered += draw.alpha != 1.0;
    REQUIRE(std::abs(draw.alpha - 1.0) <= 0.2);
    REQUIRE(std::abs(draw.beta) <= 0.2);
    if (draw.colours) {
      ++shifted_ones;
      most_hue = std::max(most_hue, std::abs(draw.colours->hue));
      most_saturation = std::max(most_saturation, std::abs(draw.colours->saturation));
      most_value = std::max(most_value, std::abs(draw.colours->value));
    }
    AugmentDraw limited = draw;
    if (limited.quarter_turns % 2 != 0) --limited.quarter_turns;
    REQUIRE(draw_augment(Augment::strong, 42, i / 100, i % 100, {.square = false}) == limited);
    limited.colours.reset();
    REQUIRE(draw_augment(Augment::strong, 42, i / 100, i % 100,
                         {.square = false, .rgb_bytes = false}) == limited);
  }
  CHECK(horizontal == doctest::Approx(0.5 * kDraws).epsilon(0.1));
  CHECK(vertical == doctest::Approx(0.5 * kDraws).epsilon(0.1));
  // Half of the images are turned, of which a quarter by no turn.
  CHECK(turned == doctest::Approx(0.375 * kDraws).epsilon(0.1));
  CHECK(jittered == doctest::Approx(0.5 * kDraws).epsilon(0.1));
  CHECK(shifted_ones == doctest::Approx(0.3 * kDraws).epsilon(0.1));
  CHECK(most_hue == doctest::Approx(10).epsilon(0.02));
  CHECK(most_saturation == doctest::Approx(20).epsilon(0.02));
  CHECK(most_value == doctest::Approx(10).epsilon(0.02));
}

TEST_CASE("augment: jitter flips nothing, none does nothing") {
  int jittered = 0;
  for (Index i = 0; i < 200; ++i) {
    const AugmentDraw draw = draw_augment(Augment::jitter, 1, 0, i);
    CHECK_FALSE(draw.flip_horizontal);
    CHECK_FALSE(draw.flip_vertical);
    jittered += draw.alpha != 1.0;
    CHECK(draw_augment(Augment::none, 1, 0, i).alpha == 1.0);
  }
  CHECK(jittered > 30);
  CHECK(parse_augment("notebook") == Augment::notebook);
  CHECK(parse_augment("none") == Augment::none);
  CHECK(parse_augment("strong") == Augment::strong);
  CHECK_THROWS_WITH_AS(parse_augment("flips"), "augment 'flips': expected notebook, none, strong",
                       Error);
}

}  // namespace fpanet
