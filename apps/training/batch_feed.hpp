#pragma once
// Batches on their way into the inputs of programs, so that a GPU never waits for one:
//
//   scenes resident on the GPU   the program makes the batch there (ResidentScenes)
//   else on a GPU                the loader's batch goes through page-locked memory and the copy stream
//                                 into one of two places, while the step before is computed
//   on the CPU                    the loader's batch is copied

#include <memory>

#include "apps/training/resident_scenes.hpp"
#include "models/program.hpp"

namespace fpanet {

class BatchFeed {
 public:
  /// Batches of `loader`, made from `resident` if given. Both must outlive the feed.
  BatchFeed(Loader& loader, const Context& context, ResidentScenes* resident);

  /// As Loader::start.
  void start(Index epoch, Index first = 0);

  /// A batch that can be put into a program of its size.
  struct Item {
    Index images = 0, height = 0, width = 0;
    /// For ProgramOptions::source, when scenes are resident.
    std::optional<BatchSource> source = std::nullopt;
  };
  /// The next batch, or none at the epoch's end; throws what Loader::next throws.
  std::optional<Item> next();
  /// Puts it into the program's inputs, or the resident scenes' source, in the order of the context's work.
  void fill(Program& program);

 private:
  /// One of two places that batches pass through in turns.
  struct Slot {
    Tensor staging_images, staging_labels;  // page-locked
    Tensor images, labels;                  // on the GPU
    Event arrived, taken;
  };

  void fill_through_slot(Program& program);
  Slot& slot_for(const Batch& batch);

  Loader& loader_;
  Context context_;
  ResidentScenes* resident_;
  Index epoch_ = 0, next_batch_ = 0;
  std::vector<Index> scenes_;   // of the batch that next() gave, when resident
  std::optional<Batch> batch_;  // the same, when not
  std::vector<Slot> slots_;
  std::size_t next_slot_ = 0;
};

}  // namespace fpanet
