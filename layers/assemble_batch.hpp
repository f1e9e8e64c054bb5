#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// A high-passed batch and its labels, assembled from scenes in the device's memory. The formula is
/// in kernels/assemble_batch.hpp.
struct AssembledBatch {
  Value images;  ///< (N,3,H,W) of `dtype`: the results of high_pass
  Value labels;  ///< i32 (N,1,H,W)
};

/// scenes u8 (S,3,H,W), scene_labels u8 (S,1,H,W), H, W >= 11. items u8 (N,B) holds one
/// kernels::BatchItem of B bytes per image; its scene index must be below S. A scene label equal to
/// ignore_byte becomes ignore_label. Not differentiable.
AssembledBatch assemble_batch(Value scenes, Value scene_labels, Value items,
                              std::uint8_t ignore_byte, std::int32_t ignore_label, DType dtype);

}  // namespace fpanet
