#include "apps/prediction/prediction.hpp"

#include <doctest/doctest.h>

#include <set>

#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

/// Two images of 2x3 pixels with 3 classes; as memory has them: pixel by pixel.
Tensor probabilities(DType dtype) {
  const std::vector<double> values = {0.5, 0.3, 0.2, 0.1, 0.1, 0.8, 0.0, 1.0, 0.0, 0.4, 0.4, 0.2,
                                      0.0, 0.5, 0.5, 0.6, 0.2, 0.2, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6,
                                      0.9, 0.1, 0.0, 0.1, 0.2, 0.7, 1.0, 0.0, 0.0, 0.3, 0.4, 0.3};
  const Tensor tensor = Tensor::empty({2, 3, 2, 3}, DType::f64);
  std::copy(values.begin(), values.end(), tensor.span<double>().begin());
  return tensor.cast(dtype);
}

TEST_CASE("labels are the likeliest classes, the lower one on a tie") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor tensor = probabilities(dtype);
    CHECK(likeliest_labels(tensor, 0, {2, 3}).pixels ==
          std::vector<std::uint8_t>{0, 2, 1, 0, 1, 0});
    CHECK(likeliest_labels(tensor, 1, {2, 3}).pixels ==
          std::vector<std::uint8_t>{1, 2, 0, 2, 0, 1});
  }
}

TEST_CASE("what padding added is cut off") {
  const Tensor tensor = probabilities(DType::f64);
  const Image labels = likeliest_labels(tensor, 1, {2, 2});
  CHECK(labels.height == 2);
  CHECK(labels.width == 2);
  CHECK(labels.pixels == std::vector<std::uint8_t>{1, 2, 2, 0});
  CHECK(planar_probabilities(tensor, 1, {2, 2}) ==
        std::vector<float>{0.1F, 0.2F, 0.1F, 1.0F, 0.8F, 0.2F, 0.2F, 0.0F, 0.1F, 0.6F, 0.7F, 0.0F});
}

TEST_CASE("classes without names: DeepGlobe's seven, else numbers in colours of their own") {
  CHECK(default_classes(7) == ClassTable::deepglobe());
  for (const Index count : {1, 6, 255}) {
    const ClassTable classes = default_classes(count);
    CHECK(classes.size() == count);
    CHECK(classes.name(count - 1) == "class_" + std::to_string(count - 1));
    std::set<Rgb> colors = {{0, 0, 0}};
    for (const ClassInfo& known : classes.classes()) CHECK(colors.insert(known.color).second);
  }
  CHECK(default_classes(2).color(0) == Rgb{128, 0, 0});
  CHECK(!test::message_of<Error>([] { default_classes(256); }).empty());
}

}  // namespace
}  // namespace fpanet
