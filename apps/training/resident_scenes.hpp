#pragma once
// Scenes kept in the device's memory as bytes, from which programs make their batches: what the loader
// would have made, byte for byte, without the host touching a pixel.

#include <map>
#include <memory>

#include "apps/cli/console.hpp"
#include "data/loader.hpp"
#include "engine/core/stream.hpp"
#include "models/program.hpp"

namespace fpanet {

class ResidentScenes {
 public:
  /// Loads and uploads `scenes`, which must all have the first one's size.
  ResidentScenes(const Context& context, SceneStore& store, std::span<const Index> scenes);

  /// Bytes that a scene of this size takes.
  static std::size_t bytes_of(Index height, Index width);
  std::size_t bytes() const { return images_.bytes() + labels_.bytes(); }
  Index height() const { return images_.shape()[2]; }
  Index width() const { return images_.shape()[3]; }

  /// What programs of batches of `count` images read.
  BatchSource source(Index count);
  /// The next run of such a program is on these scenes, as `options` draw them in `epoch`: in the order of
  /// the context's work.
  void draw(std::span<const Index> scenes, const LoaderOptions& options, Index epoch);

 private:
  /// What is drawn for a batch of one size, on its way to the device.
  struct Items {
    Tensor memory;  // u8 (n, bytes of a BatchItem)
    Uplink uplink;
  };

  Items& items_for(Index count);

  Context context_;
  Tensor images_;                 // u8 (S,3,H,W)
  Tensor labels_;                 // u8 (S,1,H,W)
  std::map<Index, Index> place_;  // scene -> its number here
  std::map<Index, Items> items_;  // by batch size
};

/// Those scenes on the GPU, when the context is one and they take at most a quarter of its free
/// memory, and says how much that is; else null, and on a GPU says why. Native pictures, of many
/// sizes, never are.
std::unique_ptr<ResidentScenes> make_resident(const Context& context, SceneStore& store,
                                              std::span<const Index> scenes, bool native,
                                              Console& console);

}  // namespace fpanet
