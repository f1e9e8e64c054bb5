#pragma once

#include <optional>

#include "engine/core/band_scale.hpp"
#include "engine/graph/graph.hpp"

namespace fpanet {

/// A batch and its labels, assembled from scenes in the device's memory. The formula is in
/// kernels/assemble_batch.hpp.
struct AssembledBatch {
  Value images;  ///< (N,C,H,W): in [0,1], or the results of high_pass
  Value labels;  ///< i32 (N,1,H,W)
};

struct AssembleBatchOptions {
  std::uint8_t ignore_byte = 255;  ///< a scene label equal to it becomes ignore_label
  std::int32_t ignore_label = -1;
  DType dtype = DType::f32;              ///< of the images
  BandScale scale = BandScale::bytes();  ///< of the scenes; bytes have one for all bands
  /// Radius of the high-pass filter that is applied to the images, at most kernels::kHighPassRadius;
  /// none: no filter.
  std::optional<Index> high_pass = std::nullopt;
  /// Whether items may shift colours, for which the scenes must be bytes of three bands.
  bool shift_colours = false;
};

/// scenes (S,C,H,W) of u8, u16, i16 or f32, scene_labels u8 (S,1,H,W). items u8 (N,B) holds one kernels::BatchItem of B
/// bytes per image; its scene index must be below S. Not differentiable.
AssembledBatch assemble_batch(Value scenes, Value scene_labels, Value items,
                              const AssembleBatchOptions& options);

}  // namespace fpanet
