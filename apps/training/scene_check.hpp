#pragma once
// Checks of the images, made before anything is computed or written.

#include <span>
#include <string>
#include <string_view>

#include "apps/cli/console.hpp"
#include "data/mask.hpp"
#include "data/scene_store.hpp"
#include "models/network.hpp"

namespace fpanet {

/// Throws UsageError unless the network takes images of this size. Native passes, because it does not
/// determine the size: check_scenes() checks the images.
void require_size_fits(const ImageSize& size, const ImageNeeds& needs);

/// Throws UsageError for a native size of rasters, of which the network sees windows.
void require_window_size(const ImageSize& size, const std::string& data);

/// Throws UsageError if training on `images` images would have a batch of a single image of stride
/// x stride pixels. The encoder reduces such a batch to one value per channel, which has no
/// variance for batch norm. Batch norm sees each of the `parts` of a batch by itself. Native passes.
void require_batches_fit(const ImageSize& size, Index stride, Index images, Index batch_size,
                         Index parts = 1);

struct SceneNeeds {
  ImageNeeds image;  ///< of every image
  Index batch_size;  ///< the images of a batch must have one size
  int threads;
};

/// Scenes that serve one purpose, such as validation.
struct ScenePart {
  std::string_view purpose;  ///< of errors: "nothing " + purpose
  std::span<const Index> scenes;
};

/// Loads the scenes of all `parts`. If any file cannot be used, throws one Error that lists all such
/// files, including those of `others`. Throws Error if no pixel of a part has a class, because its
/// loss and metrics would be those of nothing, and UsageError if a size does not fit. Warns about
/// mask colours that belong to no class and how `policy` treats them, about ignored pixels, and
/// about images that EXIF data may have turned away from their masks.
void check_scenes(SceneStore& store, std::span<const ScenePart> parts,
                  std::span<const Index> others, const SceneNeeds& needs, MaskPolicy policy,
                  Console& console);

}  // namespace fpanet
