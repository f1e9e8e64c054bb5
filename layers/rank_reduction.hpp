#pragma once
// The reduction of a batch that ranks divide among themselves, each with contiguous images of it
// (rank_part).

#include <vector>

#include "engine/distributed/communicator.hpp"
#include "layers/batch_reduction.hpp"

namespace fpanet {

class RankReduction final : public BatchReduction {
 public:
  /// `images` is the size of the whole batch, at least one image a rank. The communicator must
  /// outlive the reduction and the graphs that it is recorded in.
  RankReduction(Communicator& ranks, Index images);

  Value total(Value sums) const override;
  Value whole_statistics(Value statistics, Index pixels) const override;
  Index whole_pixels(Index pixels) const override;

 private:
  Communicator& ranks_;
  Index images_, own_images_;
  std::vector<double> shares_;
};

}  // namespace fpanet
