#include "data/augment.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "data/mask.hpp"
#include "engine/core/error.hpp"
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
  CHECK_THROWS_AS(parse_augment("flips"), Error);
}

}  // namespace fpanet
