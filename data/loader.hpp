#pragma once
// Batches, made ahead of their use by background threads. What a batch holds depends on the
// options, the epoch and its number alone, never on the threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/augment.hpp"
#include "data/scene_store.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

struct Batch {
  Tensor images;  ///< u8 (N,3,H,W), stored N,H,W,3: RGB, 0 to 255
  Tensor labels;  ///< i32 (N,H,W): class index or kIgnoreLabel
  std::vector<std::string> ids;
  std::vector<Index> scenes;  ///< their numbers in the data set

  Index size() const { return static_cast<Index>(ids.size()); }
};

struct LoaderOptions {
  Index batch_size = 16;
  bool shuffle = false;
  bool drop_last = false;
  Augment augment = Augment::none;
  std::uint64_t seed = 42;  ///< of the order and of the augmentation
  int threads = 1;
  Index prefetch = 4;  ///< batches made ahead at most
};

class Loader {
 public:
  /// Over `scenes` of the store, in this order or shuffled anew each epoch. Throws Error for no
  /// scenes or a batch size below 1.
  Loader(std::shared_ptr<SceneStore> store, std::vector<Index> scenes,
         const LoaderOptions& options);
  ~Loader();  ///< stops the threads, wherever they are
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  Index batches() const;  ///< an epoch's, the last smaller one included unless drop_last
  /// Begins an epoch, at batch `first` when resuming inside one; drops what is left of another.
  void start(Index epoch, Index first = 0);
  /// The epoch's next batch, or none at its end. Rethrows what went wrong while making it, and
  /// throws Error when native images of one batch differ in size.
  std::optional<Batch> next();

  const LoaderOptions& options() const { return options_; }
  SceneStore& store() const { return *store_; }
  /// The scenes of one batch of an epoch.
  std::vector<Index> batch_scenes(Index epoch, Index batch) const;
  /// The order of an epoch: a function of (seed, epoch).
  std::vector<Index> order(Index epoch) const;

 private:
  class Epoch;

  std::shared_ptr<SceneStore> store_;
  std::vector<Index> scenes_;
  LoaderOptions options_;
  std::unique_ptr<Epoch> epoch_;
};

}  // namespace fpanet
