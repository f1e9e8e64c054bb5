#pragma once
// Scenes kept in memory after their first use, as bytes: 803 images of 320x320 with labels are
// 329 MB.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.hpp"

namespace fpanet {

class SceneStore {
 public:
  /// Scenes beyond `memory_limit` bytes are loaded anew each time (native sizes of large sets).
  explicit SceneStore(std::shared_ptr<const Dataset> dataset,
                      std::size_t memory_limit = std::size_t{4} << 30);

  const Dataset& dataset() const { return *dataset_; }
  /// Loads at most once while within the limit; from any thread. Throws what Dataset::load throws.
  std::shared_ptr<const Scene> get(Index scene);

  /// What verify has seen.
  struct Summary {
    /// Of the scenes that cannot be used, in their order; each names its file.
    std::vector<std::string> problems;
    /// Each size that occurs among the others, with the first scene that has it.
    std::vector<std::pair<ImageSize, Index>> sizes;
    Index unmatched_pixels = 0;  ///< at the loaded size, over all scenes
    Index unmatched_scenes = 0;  ///< scenes with such pixels
  };
  /// Loads every one of `scenes` on `threads` threads, before training needs them, and goes on after
  /// those that cannot be used. `progress(done)` is called after each, one call at a time, on any
  /// thread.
  Summary verify(std::span<const Index> scenes, int threads,
                 const std::function<void(Index done)>& progress = {});

 private:
  struct Entry {
    std::mutex mutex;
    std::shared_ptr<const Scene> scene;
  };

  std::shared_ptr<const Dataset> dataset_;
  std::vector<Entry> entries_;
  std::size_t memory_limit_;
  std::atomic<std::size_t> memory_used_{0};
};

}  // namespace fpanet
