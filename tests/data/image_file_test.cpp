#include "data/image_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "data/codec.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;
using test::picture;

namespace {

const std::filesystem::path kImages = std::filesystem::path(FPANET_TEST_DATA) / "images";

Image image_from(const StateEntry& entry) {
  Image image(entry.shape()[0], entry.shape()[1], entry.shape()[2]);
  const auto bytes = entry.bytes().span();
  std::memcpy(image.pixels.data(), bytes.data(), bytes.size());
  return image;
}

std::uint8_t gray_value(Index i) {
  return static_cast<std::uint8_t>(i * 7 % 256);
}

Image gray_picture(Index height, Index width) {
  Image image(height, width, 1);
  for (Index i = 0; i < height * width; ++i) {
    image.pixels[static_cast<std::size_t>(i)] = gray_value(i);
  }
  return image;
}

std::string decode_error(std::span<const std::uint8_t> bytes) {
  return message_of<Error>([&] { codec::decode(bytes, false); });
}

}  // namespace

TEST_CASE("image files: every format decodes to OpenCV's bytes") {
  const SafetensorsFile expected = read_safetensors(kImages / "expected.safetensors");
  REQUIRE(expected.tensors.size() == 24);
  for (const auto& [name, entry] : expected.tensors) {
    CAPTURE(name);
    const Image image = read_image(kImages / name);
    const Image wanted = image_from(entry);
    CHECK(image.size_str() == wanted.size_str());
    CHECK(image.pixels == wanted.pixels);
  }
}

TEST_CASE("image files: PNG comes back as it was written") {
  const ScratchFolder scratch;
  for (const Image& image : {picture(13, 9), gray_picture(1, 1), gray_picture(20, 31)}) {
    write_png(scratch / "a.png", image);
    CHECK(read_mask(scratch / "a.png") == image);
  }
}

TEST_CASE("image files: JPEG comes back nearly as it was written") {
  const ScratchFolder scratch;
  Image image(16, 24, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(100 + i / 72);
  }
  write_jpeg(scratch / "a.jpg", image, 95);
  const Image back = read_image(scratch / "a.jpg");
  REQUIRE(back.size_str() == "16x24");
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    REQUIRE(std::abs(back.pixels[i] - image.pixels[i]) <= 3);
  }
}

TEST_CASE("image files: masks without colour keep their raw values") {
  CHECK(read_mask(kImages / "gray.png").channels == 1);
  CHECK(read_mask(kImages / "gray_alpha.png").channels == 1);
  CHECK(read_mask(kImages / "rgb.png").channels == 3);
  CHECK(read_mask(kImages / "palette.png") == read_image(kImages / "palette.png"));

  const Image bits = read_mask(kImages / "bits.png");
  CHECK(*std::max_element(bits.pixels.begin(), bits.pixels.end()) == 1);
  // As a picture, 4-bit values are stretched to 8 bits.
  const Image nibbles = read_mask(kImages / "gray4.png"),
              stretched = read_image(kImages / "gray4.png");
  for (std::size_t i = 0; i < nibbles.pixels.size(); ++i) {
    REQUIRE(nibbles.pixels[i] * 17 == stretched.pixels[3 * i]);
  }

  const std::string message = message_of<Error>([] { read_mask(kImages / "gray16.png"); });
  CHECK(contains(message, "gray16.png: 16-bit mask holds the value "));
}

TEST_CASE("image files: a file cut anywhere is refused") {
  for (const char* name : {"420.jpg", "progressive.jpg", "cmyk.jpg", "turned3.jpg", "rgb.png",
                           "palette.png", "rgb16.png", "turned6.png", "rgb.bmp", "palette.bmp"}) {
    const std::vector<std::uint8_t> whole = read_file_bytes(kImages / name);
    CAPTURE(name);
    CHECK(decode_error(whole).empty());
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      REQUIRE_FALSE(decode_error(std::span(whole).first(length)).empty());
    }
  }
}

TEST_CASE("image files: a cut file is refused by name") {
  const ScratchFolder scratch;
  for (const char* name : {"420.jpg", "rgb.png", "rgb.bmp"}) {
    const std::vector<std::uint8_t> whole = read_file_bytes(kImages / name);
    test::write_bytes(scratch / name, std::span(whole).first(whole.size() / 2));
    const std::string message = message_of<Error>([&] { read_image(scratch / name); });
    CHECK(contains(message, std::string(name) + ": "));
    CHECK(contains(message, "cut-off"));
  }
}

TEST_CASE("image files: damaged bytes give a picture or an error, never a crash") {
  int pictures = 0, errors = 0;
  for (const char* name : {"progressive.jpg", "turned6.jpg", "palette.png", "palette.bmp"}) {
    const std::vector<std::uint8_t> whole = read_file_bytes(kImages / name);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::vector<std::uint8_t> damaged = whole;
      damaged[i] ^= static_cast<std::uint8_t>(1 + i % 255);
      ++(decode_error(damaged).empty() ? pictures : errors);
    }
  }
  CHECK(pictures > 100);
  CHECK(errors > 100);
}

TEST_CASE("image files: a huge size in a small file asks for no memory") {
  const ScratchFolder scratch;
  std::vector<std::uint8_t> bytes = read_file_bytes(kImages / "444.jpg");
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    if (bytes[i] == 0xff && bytes[i + 1] == 0xc0) {  // baseline frame: height and width follow
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(i) + 5, 4, std::uint8_t{0xf0});
    }
  }
  test::write_bytes(scratch / "huge.jpg", bytes);
  const std::string message = message_of<Error>([&] { read_image(scratch / "huge.jpg"); });
  CHECK(contains(message, "huge.jpg: 61680x61680 pixels are more than"));
}

TEST_CASE("image files: what is no image is refused by name") {
  const ScratchFolder scratch;
  test::write_text(scratch / "note.jpg", "hello");
  test::write_text(scratch / "empty.png", "");
  CHECK(contains(message_of<Error>([&] { read_image(scratch / "note.jpg"); }),
                 "note.jpg: not an image"));
  CHECK(contains(message_of<Error>([&] { read_image(scratch / "empty.png"); }),
                 "empty.png: the file is empty"));
  CHECK(contains(message_of<Error>([&] { read_image(scratch / "none.png"); }),
                 "none.png: there is no such file"));
  CHECK(contains(message_of<Error>([&] { read_image(scratch.path()); }), "not a regular file"));
}

TEST_CASE("image files: writing where nothing can be written leaves nothing") {
  const ScratchFolder scratch;
  CHECK(contains(message_of<Error>([&] { write_png(scratch / "no" / "a.png", picture(2, 2)); }),
                 "a.png"));
  CHECK(contains(message_of<Error>([&] { write_png(scratch / "a.png", Image(2, 2, 4)); }),
                 "4 channels"));
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("image size: numbers, HxW and native") {
  CHECK(ImageSize::parse("320") == ImageSize{320, 320});
  CHECK(ImageSize::parse("256x320") == ImageSize{256, 320});
  CHECK(ImageSize::parse("native").native());
  CHECK(ImageSize{256, 320}.str() == "256x320");
  for (const char* bad :
       {"", "0", "x", "320x", "x320", "-3", "320x0", "320x320x3", "big", " 320"}) {
    CAPTURE(bad);
    CHECK(contains(message_of<Error>([&] { ImageSize::parse(bad); }), "expected a number"));
  }
}

}  // namespace fpanet
