#pragma once

#include <filesystem>

#include "data/class_table.hpp"
#include "data/loader.hpp"
#include "data/pixel_format.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// Draws a figure ID.png for every image of the evaluated batches: image, mask and prediction side
/// by side, as in the notebook's last cell.
class FigureWriter {
 public:
  /// Creates `folder`; throws Error if that fails. `classes` defines the colours; `show` are the
  /// bands of images, which have the bands of `pixels`, that are drawn.
  FigureWriter(std::filesystem::path folder, ClassTable classes, PixelFormat pixels, Bands show);

  /// `probabilities` (N,classes,H,W) may be on any device.
  void write(const Batch& batch, const Tensor& probabilities) const;

 private:
  std::filesystem::path folder_;
  ClassTable classes_;
  PixelFormat pixels_;
  Bands show_;
};

}  // namespace fpanet
