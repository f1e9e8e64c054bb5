#pragma once
// The reduction of a batch that ranks divide among themselves, each with contiguous images of it
// (rank_part).

#include <vector>

#include "engine/distributed/communicator.hpp"
#include "layers/batch_reduction.hpp"

namespace fpanet {

class RankReduction final : public BatchReduction {
 public:
  /// `images` is the size of the whole batch. A rank without a part of it computes everything, too, of
  /// one image whose labels are all ignored: its sums are zero, it has no share of the statistics, and
  /// no gradient. The communicator must outlive the reduction and the graphs that it is recorded in.
  RankReduction(Communicator& ranks, Index images);

  Value total(Value sums) const override;
  Value total_of_gradients(Value sums) const override;
  Value whole_statistics(Value statistics, Index pixels) const override;
  Index whole_pixels(Index pixels) const override;

 private:
  Communicator& ranks_;
  Index images_, own_images_;  // 0: one image stands in
  std::vector<double> shares_;
};

}  // namespace fpanet
