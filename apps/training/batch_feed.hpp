#pragma once
// Feeds batches to the inputs of programs. On a GPU the transfer overlaps the computation of the
// previous step, so that the GPU does not wait for data:
//
//   GPU, resident scenes   the program assembles the batch on the GPU (ResidentScenes)
//   GPU, otherwise         the loader's batch is copied through page-locked memory, on the copy
//                          stream, into one of two slots in GPU memory
//   CPU                    the loader's batch is copied into the program's inputs

#include <memory>

#include "apps/training/resident_scenes.hpp"
#include "models/program.hpp"

namespace fpanet {

class BatchFeed {
 public:
  /// Feeds the batches of `loader`, assembled from `resident` if it is not null. Both must outlive
  /// the feed.
  BatchFeed(Loader& loader, const Context& context, ResidentScenes* resident);

  /// Begins an epoch at batch `first`, like Loader::start.
  void start(Index epoch, Index first = 0);

  /// The size and the source of the next batch, which determine the program that it needs.
  struct Item {
    Index images = 0, height = 0, width = 0;
    Index whole = 0;         ///< images of the whole batch, which ranks share
    bool stands_in = false;  ///< this rank has no part of it (Batch::stands_in)
    /// The value for ProgramOptions::source, if the scenes are resident.
    std::optional<BatchSource> source = std::nullopt;
  };
  /// Advances to the next batch. Returns none at the end of the epoch; throws what Loader::next
  /// throws.
  std::optional<Item> next();
  /// Copies the current batch into the program's inputs or, with resident scenes, sends its draw to
  /// their source. On a GPU this is enqueued.
  void fill(Program& program);

 private:
  /// One of two slots that batches pass through alternately.
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
  std::vector<Index> scenes_;   // of the current batch, if scenes are resident
  std::optional<Batch> batch_;  // the current batch, if they are not
  std::vector<Slot> slots_;
  std::size_t next_slot_ = 0;
};

}  // namespace fpanet
