#pragma once

#include "kernels/assemble_batch.hpp"
#include "kernels/body.hpp"

namespace fpanet::kernels::body {

/// Pixel `pixel` of the n * h * w of a batch.
FPANET_HD inline void assemble_pixel(const BatchAssembly& batch, Index pixel) {
  const Index x = pixel % batch.w, y = pixel / batch.w % batch.h, i = pixel / batch.w / batch.h;
  const BatchItem& item = batch.items[i];
  const Index from_x = item.flip_horizontal != 0 ? batch.w - 1 - x : x;
  const Index from_y = item.flip_vertical != 0 ? batch.h - 1 - y : y;
  const Index from = (item.scene * batch.h + from_y) * batch.w + from_x;
  for (int c = 0; c < 3; ++c) {
    batch.images[3 * pixel + c] = item.table[batch.scene_images[3 * from + c]];
  }
  const std::uint8_t label = batch.scene_labels[from];
  batch.labels[pixel] = label == batch.ignore_byte ? batch.ignore_label : label;
}

}  // namespace fpanet::kernels::body
