#pragma once
// Test-time averaging: the mean of the probabilities of mirrored and turned copies of an image, each
// turned back. Land seen from above has no upright side, so every copy is as good a picture as the
// image itself.

#include <functional>
#include <string>
#include <vector>

#include "engine/core/tensor.hpp"

namespace fpanet {

/// A symmetry of the square: first, if wanted, rows and columns are exchanged (the mirror image in the
/// main diagonal), then their order is reversed.
struct Symmetry {
  bool transposed = false;  ///< exchanges height and width
  bool rows_reversed = false, columns_reversed = false;

  bool operator==(const Symmetry&) const = default;
};

/// "none": the image itself; "flips": with its mirror images and the half turn, four; "d4": these and
/// their transposed copies, all eight flips and quarter turns. Those that keep the size come first.
/// Throws Error for another name.
std::vector<Symmetry> symmetries(const std::string& name);
/// The names that symmetries() takes.
std::vector<std::string> symmetry_names();

/// Copies of images (N,C,H,W) of any dtype on the CPU: (N,C,W,H) if transposed.
Tensor transformed(const Tensor& images, const Symmetry& symmetry);

/// Images (N,C,H,W) -> probabilities (N,classes,H,W), f32 or f64 on the CPU.
using Probabilities = std::function<Tensor(const Tensor& images)>;

/// The mean of `probabilities` over `all` symmetries, which is computed in f64. The result has the
/// dtype of the probabilities.
Tensor average_over(const std::vector<Symmetry>& all, const Tensor& images,
                    const Probabilities& probabilities);

}  // namespace fpanet
