#include "apps/prediction/symmetries.hpp"

#include <cstring>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

/// Calls f(transformed, original) with the numbers of the pixels that belong together, in memory
/// order (image, row, column) of either; H and W are the sides of the original.
template <class F>
void for_each_pair(Index n, Index height, Index width, const Symmetry& symmetry, F&& f) {
  const Index rows = symmetry.transposed ? width : height;
  const Index columns = symmetry.transposed ? height : width;
  Index pixel = 0;
  for (Index image = 0; image < n; ++image) {
    for (Index row = 0; row < rows; ++row) {
      const Index from_row = symmetry.rows_reversed ? rows - 1 - row : row;
      for (Index column = 0; column < columns; ++column) {
        const Index from_column = symmetry.columns_reversed ? columns - 1 - column : column;
        const Index y = symmetry.transposed ? from_column : from_row;
        const Index x = symmetry.transposed ? from_row : from_column;
        f(pixel++, (image * height + y) * width + x);
      }
    }
  }
}

/// Adds the probabilities of a transformed copy to those of the original's pixels.
template <class T>
void add_back(Tensor& sum, const Tensor& probabilities, const Symmetry& symmetry) {
  const Shape& shape = sum.shape();
  const Index classes = shape[1];
  const T* copy = probabilities.data<T>();
  double* original = sum.data<double>();
  for_each_pair(shape[0], shape[2], shape[3], symmetry, [&](Index from, Index to) {
    for (Index k = 0; k < classes; ++k) {
      original[to * classes + k] += static_cast<double>(copy[from * classes + k]);
    }
  });
}

}  // namespace

std::vector<Symmetry> symmetries(const std::string& name) {
  std::vector<Symmetry> all = {{}};
  if (name == "none") return all;
  require(name == "flips" || name == "d4", "test-time averaging: '{}' is not one of {}", name,
          join(symmetry_names(), ", "));
  for (const bool transposed : {false, true}) {
    for (const bool rows : {false, true}) {
      for (const bool columns : {false, true}) {
        if (transposed || rows || columns) all.push_back({transposed, rows, columns});
      }
    }
    if (name == "flips") break;
  }
  return all;
}

std::vector<std::string> symmetry_names() {
  return {"none", "flips", "d4"};
}

Tensor transformed(const Tensor& images, const Symmetry& symmetry) {
  const Shape& shape = images.shape();
  const Shape turned = symmetry.transposed ? Shape{shape[0], shape[1], shape[3], shape[2]} : shape;
  Tensor copy = Tensor::empty(turned, images.dtype());
  const auto pixel_bytes = static_cast<std::size_t>(shape[1]) * size_of(images.dtype());
  const auto at = [&](const Tensor& tensor, Index pixel) {
    return tensor.raw() + static_cast<std::size_t>(pixel) * pixel_bytes;
  };
  for_each_pair(shape[0], shape[2], shape[3], symmetry, [&](Index to, Index from) {
    std::memcpy(at(copy, to), at(images, from), pixel_bytes);
  });
  return copy;
}

Tensor average_over(const std::vector<Symmetry>& all, const Tensor& images,
                    const Probabilities& probabilities) {
  if (all == std::vector{Symmetry{}}) return probabilities(images);
  Tensor sum;
  DType dtype = DType::f64;
  for (const Symmetry& symmetry : all) {
    const Tensor copy = probabilities(transformed(images, symmetry));
    const Shape& shape = images.shape();
    if (!sum.defined()) {
      dtype = copy.dtype();
      sum = Tensor::zeros({shape[0], copy.shape()[1], shape[2], shape[3]}, DType::f64);
    }
    if (dtype == DType::f64) {
      add_back<double>(sum, copy, symmetry);
    } else {
      add_back<float>(sum, copy, symmetry);
    }
  }
  for (double& value : sum.span<double>()) value /= static_cast<double>(all.size());
  return sum.cast(dtype);
}

}  // namespace fpanet
