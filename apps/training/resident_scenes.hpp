#pragma once
// Scenes kept as they are read in the device's memory. Programs assemble their batches from them, without
// the host touching a pixel. Before conversion to floating point these batches are byte for byte
// those that the loader would make.

#include <map>
#include <memory>
#include <string>

#include "apps/cli/console.hpp"
#include "data/loader.hpp"
#include "engine/core/stream.hpp"
#include "models/program.hpp"

namespace fpanet {

class ResidentScenes {
 public:
  /// Loads and uploads `scenes`. All must have the size, the bands and the sample type of the first.
  /// `shift_colours`: draws may shift colours, for which the scenes are RGB bytes.
  ResidentScenes(const Context& context, SceneStore& store, std::span<const Index> scenes,
                 const BandScale& scale = BandScale::bytes(), bool shift_colours = false);

  /// Device memory in bytes for a scene of this size.
  static std::size_t bytes_of(Index height, Index width, Index bands = 3, DType type = DType::u8);
  std::size_t bytes() const { return images_.bytes() + labels_.bytes(); }
  Index height() const { return images_.shape()[2]; }
  Index width() const { return images_.shape()[3]; }

  /// The source for programs with batches of `count` images.
  BatchSource source(Index count);
  /// Sets the next batch of the source for scenes.size() images: these scenes, augmented as
  /// `options` draw for them in `epoch`. The transfer is ordered with the context's other work.
  void draw(std::span<const Index> scenes, const LoaderOptions& options, Index epoch);

 private:
  /// The draws (BatchItem) for batches of one size, and their transfer to the device.
  struct Items {
    Tensor memory;  // u8 (n, bytes of a BatchItem)
    Uplink uplink;
  };

  Items& items_for(Index count);

  Context context_;
  BandScale scale_;
  bool shift_colours_;
  Tensor images_;                 // (S,bands,H,W) of the scenes' sample type
  Tensor labels_;                 // u8 (S,1,H,W)
  std::map<Index, Index> place_;  // scene -> its index here
  std::map<Index, Items> items_;  // by batch size
};

/// Why scenes cannot be resident, whatever the memory; empty if they can. Images of native size
/// differ in size, and windows of scenes are resized on the host.
std::string why_not_resident(const ImageSize& size, const LoaderOptions& options);

/// Makes the `scenes` of `size`, from which batches are made as `options` say, resident if the context
/// is a GPU and they fit into a quarter of its free memory. Else returns null. On a GPU, reports how
/// much memory the scenes use or why they are not resident.
std::unique_ptr<ResidentScenes> make_resident(const Context& context, SceneStore& store,
                                              std::span<const Index> scenes, const ImageSize& size,
                                              const LoaderOptions& options, Console& console);

}  // namespace fpanet
