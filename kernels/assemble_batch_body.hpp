#pragma once

#include "kernels/assemble_batch.hpp"
#include "kernels/base/body.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels::body {

/// Source index of entry i in a row or column of `size` entries.
FPANET_HD inline Index flipped(Index i, Index size, bool flip) {
  return flip ? size - 1 - i : i;
}

/// The value in [0,1] for byte `value` of a scene.
FPANET_HD inline float assembled_value(const BatchItem& item, std::uint8_t value) {
  return to_unit(item.table[value]);
}

/// Label of pixel (y,x) of image i.
FPANET_HD inline std::int32_t assembled_label(const BatchAssembly& batch, Index i, Index y,
                                              Index x) {
  const BatchItem& item = batch.items[i];
  const Index from_y = flipped(y, batch.h, item.flip_vertical != 0);
  const Index from_x = flipped(x, batch.w, item.flip_horizontal != 0);
  const std::uint8_t label = batch.scene_labels[(item.scene * batch.h + from_y) * batch.w + from_x];
  return label == batch.ignore_byte ? batch.ignore_label : label;
}

}  // namespace fpanet::kernels::body
