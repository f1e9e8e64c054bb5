#pragma once
// Whether images fit the work ahead, found out before anything is computed or written.

#include <span>

#include "apps/cli/console.hpp"
#include "data/mask.hpp"
#include "data/scene_store.hpp"

namespace fpanet {

/// Throws UsageError unless both sides are multiples of `stride`, output_stride() of the model.
/// Native passes: only the images themselves can tell.
void require_size_fits(const ImageSize& size, Index stride);

/// Throws UsageError where training on `images` in batches has one with a single value of each channel
/// at the end of the encoder, of which batch norm can take no variance: one image of `stride` pixels
/// a side. Native passes.
void require_batches_fit(const ImageSize& size, Index stride, Index images, Index batch_size);

struct SceneNeeds {
  Index stride;      ///< both sides of every image are multiples of it
  Index batch_size;  ///< the images of a batch have one size
  int threads;
};

/// Loads all of `scenes`. If files cannot be used, throws one Error that lists them all, and those
/// of `others` with them; a size that does not fit is a UsageError. Warns of mask colours that no
/// class has and tells what `policy` makes of them.
void check_scenes(SceneStore& store, std::span<const Index> scenes, std::span<const Index> others,
                  const SceneNeeds& needs, MaskPolicy policy, Console& console);

}  // namespace fpanet
