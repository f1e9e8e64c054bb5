#pragma once
// What the ranks computed of the parts of a batch, put together.

#include "apps/training/model_session.hpp"
#include "data/loader.hpp"

namespace fpanet {

/// The loss and the confusion counts i64 (N,classes+1,classes+1) of images.
struct PartResult {
  double loss = 0;
  Tensor confusion;  ///< on the CPU
};

/// Those of a whole batch of `whole` images on every rank, of which `part` is this rank's; a rank without
/// images brings one that stands in. `shares_loss`: all ranks have the loss of the whole batch. Else
/// its loss is the mean of the parts' losses, weighted by their images.
PartResult join_parts(Communicator& ranks, const PartResult& part, Index whole, bool shares_loss);

/// Whether the ranks of a divided batch can have one loss: whether every loss of the objective is a
/// function of sums over the batch.
bool divides(const Objective& objective);

/// What tells a scene from another that was read under the same name, as text: the checksum of its samples
/// and labels; of a window of a raster, which is read on every use, the pixels of each class.
std::string scene_checksum(SceneStore& store, Index scene);

/// The checksum of the parameters, of their average and of the buffers.
std::uint64_t weights_checksum(ModelSession& session);

/// Throws SharedFailure, which says which rank has other weights than rank 0, unless all have the same.
void require_equal_weights(ModelSession& session, const std::string& when);

/// Gives every rank the buffers of rank 0: the running statistics of batch norm.
void share_buffers(ModelSession& session);
/// The same for parameters and buffers.
void share_weights(ModelSession& session);

}  // namespace fpanet
