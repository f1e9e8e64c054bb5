#pragma once
// The first step of a network: from an image in [0,1] to what its encoder reads.
//
//   highpass   the image without its low DCT frequencies, as FPA-Net does
//   image      the image as it is
//   both       the image in channels 0..C-1, its high-passed copy in channels C..2C-1

#include <string>
#include <string_view>
#include <vector>

#include "kernels/high_pass.hpp"
#include "layers/assemble_batch.hpp"

namespace fpanet {

enum class InputKind : std::uint8_t { highpass, image, both };

std::string_view name_of(InputKind input);
/// Throws Error with the known names for any other.
InputKind parse_input(std::string_view name);
std::vector<std::string> input_names();

/// The scenes in the device's memory that a batch is assembled from: the inputs of assemble_batch
/// (layers/assemble_batch.hpp).
struct SceneBatch {
  Value scenes, scene_labels, items;
  std::uint8_t ignore_byte = 255;
  std::int32_t ignore_label = -1;
  BandScale scale = BandScale::bytes();
  bool shift_colours = false;
};

struct Preparation {
  InputKind input = InputKind::image;
  Index radius = kernels::kHighPassRadius;  ///< of the high-pass filter

  /// The number of channels that the encoder reads.
  Index channels(Index bands) const { return input == InputKind::both ? 2 * bands : bands; }
  /// The filter needs images whose sides are at least this.
  Index smallest_side() const { return input == InputKind::image ? 1 : radius + 1; }

  /// image (N,C,H,W) -> (N,channels(C),H,W), in the same dtype.
  Value prepare(Value image) const;
  /// The same for a batch that is assembled here. Where one kernel can assemble and filter, it does.
  /// Images are computed in `dtype`; the result may already be rounded to `encoder_dtype`.
  AssembledBatch prepare(const SceneBatch& batch, DType dtype, DType encoder_dtype) const;

  bool operator==(const Preparation&) const = default;
};

}  // namespace fpanet
