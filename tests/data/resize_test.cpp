#include "data/resize.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/data/scene_files.hpp"
#include "tests/support/golden.hpp"

namespace fpanet {

namespace {

Image image_of(const StateDict& tensors, const std::string& name) {
  const StateEntry& entry = tensors.at(name);
  DType type = DType::u8;
  for (const DType other : {DType::u16, DType::i16, DType::f32}) {
    if (entry.type() == element_type_of(other)) type = other;
  }
  Image image(entry.shape()[0], entry.shape()[1], entry.shape()[2], type);
  std::memcpy(image.pixels.data(), entry.bytes().span().data(), image.pixels.size());
  return image;
}

Image channel(const Image& image, Index c) {
  Image out(image.height, image.width, 1);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    out.pixels[i] = image.pixels[3 * i + static_cast<std::size_t>(c)];
  }
  return out;
}

}  // namespace

TEST_CASE("resize: OpenCV's bytes, linear and nearest, down, up, by half and not at all") {
  const auto path = test::golden_path("resize.safetensors");
  REQUIRE(path);
  const SafetensorsFile golden = read_safetensors(*path);
  for (const std::string name : {"down", "up", "deepglobe", "half", "same"}) {
    CAPTURE(name);
    const Image image = image_of(golden.tensors, name + ".image");
    const Image linear = image_of(golden.tensors, name + ".linear");
    const Image nearest = image_of(golden.tensors, name + ".nearest");
    const ImageSize size{linear.height, linear.width};
    CHECK(resize(image, size, Interpolation::linear) == linear);
    CHECK(resize(image, size, Interpolation::nearest) == nearest);
    CHECK(resize(channel(image, 1), size, Interpolation::linear) == channel(linear, 1));
    CHECK(resize(channel(image, 2), size, Interpolation::nearest) == channel(nearest, 2));
  }
}

TEST_CASE(
    "resize: OpenCV's bits for every sample type and 1 to 13 channels, odd sizes and halves") {
  const auto path = test::golden_path("resize_types.safetensors");
  REQUIRE(path);
  const SafetensorsFile golden = read_safetensors(*path);
  int pictures = 0;
  for (const auto& one : golden.tensors) {
    const std::string& name = one.first;
    if (!name.ends_with(".image")) continue;
    CAPTURE(name);
    const std::string key = name.substr(0, name.size() - std::string_view("image").size());
    const Image image = image_of(golden.tensors, name);
    const Image linear = image_of(golden.tensors, key + "linear");
    const ImageSize size{linear.height, linear.width};
    CHECK(resize(image, size, Interpolation::linear) == linear);
    CHECK(resize(image, size, Interpolation::nearest) == image_of(golden.tensors, key + "nearest"));
    ++pictures;
  }
  CHECK(pictures == 3 * 5 + 3 * (5 * 5 + 2));
}

TEST_CASE("resize: one pixel fills any size; native copies") {
  const Image dot = test::picture(1, 1, 3);
  const Image field = resize(dot, {4, 5}, Interpolation::linear);
  REQUIRE(field.size_str() == "4x5");
  for (std::size_t i = 0; i < field.pixels.size(); ++i) {
    CHECK(field.pixels[i] == dot.pixels[i % 3]);
  }
  const Image image = test::picture(6, 7);
  CHECK(resize(image, {}, Interpolation::linear) == image);
  CHECK(resize(image, {1, 1}, Interpolation::nearest).pixels.size() == 3);
}

}  // namespace fpanet
