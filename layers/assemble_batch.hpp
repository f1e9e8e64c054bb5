#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// A high-passed batch and its labels, made from scenes in the device's memory; kernels/assemble_batch.hpp
/// has the formula.
struct AssembledBatch {
  Value images;  ///< (N,3,H,W) of `dtype`, as high_pass leaves them
  Value labels;  ///< i32 (N,1,H,W)
};

/// scenes u8 (S,3,H,W), scene_labels u8 (S,1,H,W), H, W >= 11; items u8 (N,B): a kernels::BatchItem of B
/// bytes for each image, whose scene must be below S. Scene labels of ignore_byte become ignore_label. Not
/// differentiable.
AssembledBatch assemble_batch(Value scenes, Value scene_labels, Value items,
                              std::uint8_t ignore_byte, std::int32_t ignore_label, DType dtype);

}  // namespace fpanet
