#include "data/pixel_format.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "data/georeference.hpp"
#include "data/image_format.hpp"
#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

TEST_CASE("bands: counts, lists, and the texts that give them back") {
  CHECK(Bands{}.is_rgb());
  CHECK(Bands::parse("4").numbers() == std::vector<Index>{1, 2, 3, 4});
  CHECK(Bands::parse("4,3,2").numbers() == std::vector<Index>{4, 3, 2});
  CHECK(Bands::parse("4,").numbers() == std::vector<Index>{4});
  for (const char* text : {"1", "3", "16", "4,3,2", "7,", "2,2"}) {
    CHECK(Bands::parse(text).str() == text);
  }
  CHECK(Bands::parse("1,2,3,4").str() == "4");
  for (const char* bad : {"", "0", "17", "-1", "a", ",", ",1", "1,,2", "1,0", "1;2", " 1",
                          "3,2,1,,", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(Bands::parse(bad), Error);
  }
}

TEST_CASE("bands: too few of them are named, wanted and found") {
  const auto refusal = [](Index channels, const char* bands) {
    return message_of<TooFewBands>(
        [&] { select_bands(Image(2, 2, channels), Bands::parse(bands), "a.png"); });
  };
  CHECK(refusal(3, "4") == "the model takes 4 bands, a.png has 3");
  CHECK(refusal(1, "2") == "the model takes 2 bands, a.png has 1");
  CHECK(refusal(3, "8,4,3") == "the model takes 3 bands up to band 8, a.png has 3");
  CHECK(select_bands(Image(2, 2, 2), {}, "gray").channels == 3);
}

TEST_CASE("scale: auto, or two numbers of which the first is lower") {
  CHECK_FALSE(parse_scale("auto"));
  CHECK(parse_scale("0,65535") == BandScale::uniform(0, 65535));
  CHECK(parse_scale("-1.5,2e3") == BandScale::uniform(-1.5F, 2000));
  for (const char* bad : {"", "0", "1,1", "2,1", "0,inf", "nan,1", "0,1,2", "a,b", "0,"}) {
    CAPTURE(bad);
    CHECK(contains(message_of<Error>([&] { parse_scale(bad); }), "expected auto, or LOW,HIGH"));
  }
}

TEST_CASE("scale: samples become numbers from 0 to 1; 257 times a byte is that byte") {
  for (int byte = 0; byte < 256; ++byte) {
    const float wanted = static_cast<float>(byte) / 255.0F;
    CHECK(unit_value(static_cast<float>(byte), 0, 255) == wanted);
    CHECK(unit_value(static_cast<float>(byte * 257), 0, 65535) == wanted);
  }
  CHECK(unit_value(-3, 0, 10) == 0);
  CHECK(unit_value(11, 0, 10) == 1);
  CHECK(unit_value(std::numeric_limits<float>::quiet_NaN(), 0, 10) == 0);
}

TEST_CASE("preview: bytes as they are, other samples by their scale, chosen bands") {
  const Image rgb = test::picture(5, 7);
  CHECK(rgb_preview(rgb, {}, preview_bands({})) == rgb);
  CHECK(rgb_preview(rgb, {}, Bands::parse("3,2,1")) ==
        select_bands(rgb, Bands::parse("3,2,1"), ""));

  Image deep(1, 1, 4, DType::u16);
  std::ranges::copy(std::vector<std::uint16_t>{0, 1000, 3000, 500},
                    deep.samples<std::uint16_t>().begin());
  const PixelFormat format{Bands::parse("8,4,3,2"), DType::u16, BandScale::uniform(0, 2000)};
  CHECK(preview_bands(format.bands).str() == "8,4,3");
  CHECK(rgb_preview(deep, format, preview_bands(format.bands)).pixels ==
        std::vector<std::uint8_t>{0, 128, 255});
  CHECK(rgb_preview(deep, format, Bands::parse("2,")).pixels ==
        std::vector<std::uint8_t>{64, 64, 64});
  CHECK(message_of<Error>([&] { check_preview(Bands::parse("1,"), format.bands); }) ==
        "band 1 cannot be shown: the model reads the bands 8,4,3,2");
  CHECK(contains(message_of<Error>([&] { check_preview(Bands::parse("8,4"), format.bands); }),
                 "2 bands cannot be shown"));
  CHECK(preview_bands(Bands::parse("2,1")).str() == "2,");
}

TEST_CASE("formats: one table tells suffixes, first bytes and readers") {
  CHECK(format_names() == "JPEG, PNG or BMP");
  CHECK(format_suffixes() == ".jpg, .jpeg, .png or .bmp");
  CHECK(find_format(std::filesystem::path("a/B.JPEG"))->name == "JPEG");
  CHECK(find_format(std::filesystem::path("a.tif")) == nullptr);
  for (const ImageFormat& format : image_formats()) {
    CHECK(bool(format.decode));
    CHECK(find_format({reinterpret_cast<const std::uint8_t*>(format.magic.data()),
                       format.magic.size()}) == &format);
  }
}

TEST_CASE("a window of an image lies where its pixels lie on the ground") {
  Image image(4, 6, 1);
  image.georeference = std::make_shared<const Georeference>(
      Georeference{.transform = {1000, 2, 0.5, 5000, 0.25, -3}, .crs = "LOCAL"});
  const Image part = crop(image, {1, 2, 2, 2});
  CHECK(part.georeference->transform[0] == 1000 + 2 * 2 + 0.5);
  CHECK(part.georeference->transform[3] == 5000 + 2 * 0.25 - 3);
  CHECK(part.georeference->crs == "LOCAL");
  CHECK(part.georeference->pixel_size()[0] == doctest::Approx(2.0155644).epsilon(1e-6));
}

}  // namespace fpanet
