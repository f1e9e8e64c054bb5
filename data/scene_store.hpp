#pragma once
// Keeps scenes in memory after their first use, in the sample type of their files: 803 images of
// 320x320, RGB of 8 bits, with labels take 329 MB. At DeepGlobe's native size, 2448x2448, a scene takes
// 24 MB, and 170 of them fit into the limit of 4 GiB.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.hpp"
#include "data/mask_counts.hpp"

namespace fpanet {

class SceneStore {
 public:
  /// Scenes beyond `memory_limit` bytes (large data sets at native size), and windows of larger pictures,
  /// are loaded on every use.
  explicit SceneStore(std::shared_ptr<const Dataset> dataset,
                      std::size_t memory_limit = std::size_t{4} << 30);

  const Dataset& dataset() const { return *dataset_; }
  /// From now on, these scenes are loaded at their native size. Call it before they are loaded.
  void load_native(std::span<const Index> scenes);
  /// Loads each scene at most once within the limit. May be called from any thread. Throws what
  /// Dataset::load throws.
  std::shared_ptr<const Scene> get(Index scene);

  /// The result of verify; the counts are those of the loaded size.
  struct Summary : MaskCounts {
    /// One message for each scene that cannot be used, in the order of the scenes; it names the
    /// file.
    std::vector<std::string> problems;
    /// Every size that occurs among the usable scenes, except those that load_native() was called
    /// for, with the first scene that has it.
    std::vector<std::pair<ImageSize, Index>> sizes;
    /// Every sample type that occurs among them, with the first scene that has it.
    std::vector<std::pair<DType, Index>> types;
    std::vector<std::string> too_few_bands;  ///< those problems that are TooFewBands
    std::vector<Index> turned;               ///< scenes with Scene::turned
    std::vector<MaskCounts> of_scene;        ///< the same counts for each scene
  };
  /// Loads all `scenes` on `threads` threads before training needs them, unless the data set has facts of
  /// them, and continues after scenes that cannot be used. Calls `progress(done)` after each scene, on any thread but never
  /// concurrently.
  Summary verify(std::span<const Index> scenes, int threads,
                 const std::function<void(Index done)>& progress = {});

 private:
  struct Entry {
    std::mutex mutex;
    bool native = false;
    std::shared_ptr<const Scene> scene;
  };

  std::shared_ptr<const Dataset> dataset_;
  std::vector<Entry> entries_;
  std::size_t memory_limit_;
  std::atomic<std::size_t> memory_used_{0};
};

}  // namespace fpanet
