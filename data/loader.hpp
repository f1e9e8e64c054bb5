#pragma once
// Batches that background threads prepare in advance. The content of a batch depends only on the
// options, the epoch and the number of the batch, never on the threads.

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
  Tensor images;  ///< (N,bands,H,W) of the scenes' sample type, stored N,H,W,bands
  Tensor labels;  ///< i32 (N,H,W): class index or kIgnoreLabel
  std::vector<std::string> ids;
  std::vector<Index> scenes;  ///< numbers of the scenes in the data set
  /// Images of the whole batch, which ranks share (LoaderOptions::ranks); else as many as here.
  Index whole = 0;
  /// The rank has no part of the batch: one of its scenes, with labels that are all ignored, stands in.
  bool stands_in = false;

  Index size() const { return static_cast<Index>(ids.size()); }
};

struct LoaderOptions {
  Index batch_size = 16;
  bool shuffle = false;
  bool drop_last = false;
  Augment augment = Augment::none;
  bool shift_colours = true;             ///< where Augment does and the scenes are RGB bytes
  BandScale scale = BandScale::bytes();  ///< the range that brightness and contrast act on
  /// Takes a random window (data/sample_window.hpp) of each scene, resized to this size, instead of
  /// the whole scene; of windowed data, Dataset::load_random. Then the scenes of a batch may differ in
  /// size.
  std::optional<ImageSize> crop_to = {};
  std::uint64_t seed = 42;  ///< for shuffling, augmentation and windows
  /// `ranks` ranks share each batch (rank_part); this one, `rank`, gets its part only. What is drawn for
  /// a scene does not depend on them.
  int rank = 0, ranks = 1;
  int threads = 1;
  Index prefetch = 4;  ///< maximum number of batches prepared in advance
};

/// The random choices for a scene of this size.
AugmentDraw draw_augment(const LoaderOptions& options, Index epoch, Index scene,
                         const ImageSize& size);

class Loader {
 public:
  /// Loads `scenes` of the store, in this order or shuffled differently in each epoch. Throws Error
  /// if there are no scenes, the batch size is below 1, or an epoch would have no batch.
  Loader(std::shared_ptr<SceneStore> store, std::vector<Index> scenes,
         const LoaderOptions& options);
  ~Loader();  ///< stops the threads, even within an epoch
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  Index batches() const;  ///< batches per epoch, including a smaller last one unless drop_last
  /// Starts an epoch and abandons a running one. `first` is the first batch, for resuming inside an
  /// epoch.
  void start(Index epoch, Index first = 0);
  /// The next batch of the epoch, or nullopt at its end. Rethrows any error from preparing the
  /// batch; for example, images of native size in one batch must not differ in size.
  std::optional<Batch> next();

  const LoaderOptions& options() const { return options_; }
  SceneStore& store() const { return *store_; }
  /// The scenes of one whole batch of an epoch.
  std::vector<Index> batch_scenes(Index epoch, Index batch) const;
  /// The order of the scenes in an epoch, which depends only on (seed, epoch).
  std::vector<Index> order(Index epoch) const;

 private:
  class Epoch;

  std::shared_ptr<SceneStore> store_;
  std::vector<Index> scenes_;
  LoaderOptions options_;
  std::unique_ptr<Epoch> epoch_;
};

}  // namespace fpanet
