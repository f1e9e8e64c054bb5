#include "apps/prediction/prediction.hpp"

#include <algorithm>
#include <cassert>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

/// Calls f(y, x, values) with the class probabilities of each pixel in the upper left part of
/// `size`.
template <class T, class F>
void for_each_pixel(const Tensor& probabilities, Index n, const ImageSize& size, F&& f) {
  const Shape& shape = probabilities.shape();
  const Index classes = shape[1], height = shape[2], width = shape[3];
  assert(n < shape[0] && size.height <= height && size.width <= width);
  const T* image = probabilities.data<T>() + n * height * width * classes;
  for (Index y = 0; y < size.height; ++y) {
    const T* row = image + y * width * classes;
    for (Index x = 0; x < size.width; ++x) f(y, x, row + x * classes);
  }
}

template <class F>
void for_each_pixel(const Tensor& probabilities, Index n, const ImageSize& size, F&& f) {
  if (probabilities.dtype() == DType::f64) {
    for_each_pixel<double>(probabilities, n, size, f);
  } else {
    for_each_pixel<float>(probabilities, n, size, f);
  }
}

/// The three lowest bits of `number` become the highest bits of red, green and blue, the next three
/// the second highest, and so on. All numbers get different colours, and small numbers get colours
/// that are far apart.
Rgb spread_color(unsigned number) {
  Rgb color{};
  for (unsigned bit = 0x80; number != 0; bit >>= 1) {
    for (std::uint8_t& channel : color) {
      if ((number & 1U) != 0) channel = static_cast<std::uint8_t>(channel | bit);
      number >>= 1;
    }
  }
  return color;
}

}  // namespace

Image likeliest_labels(const Tensor& probabilities, Index n, const ImageSize& size) {
  const Index classes = probabilities.shape()[1];
  Image labels(size.height, size.width, 1);
  for_each_pixel(probabilities, n, size, [&](Index y, Index x, const auto* values) {
    *labels.at(y, x) =
        static_cast<std::uint8_t>(std::max_element(values, values + classes) - values);
  });
  return labels;
}

std::vector<float> planar_probabilities(const Tensor& probabilities, Index n,
                                        const ImageSize& size) {
  const Index classes = probabilities.shape()[1];
  const Index plane = size.height * size.width;
  std::vector<float> planar(static_cast<std::size_t>(classes * plane));
  for_each_pixel(probabilities, n, size, [&](Index y, Index x, const auto* values) {
    float* pixel = planar.data() + y * size.width + x;
    for (Index k = 0; k < classes; ++k) pixel[k * plane] = static_cast<float>(values[k]);
  });
  return planar;
}

ClassTable default_classes(Index count) {
  ClassTable known = ClassTable::deepglobe();
  if (count == known.size()) return known;
  std::vector<ClassInfo> classes;
  for (Index k = 0; k < count; ++k) {
    classes.push_back({fmt::format("class_{}", k), spread_color(static_cast<unsigned>(k + 1))});
  }
  return ClassTable(std::move(classes));
}

}  // namespace fpanet
