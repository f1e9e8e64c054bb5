#include "layers/rank_reduction.hpp"

#include <algorithm>

#include "engine/core/error.hpp"
#include "layers/all_reduce.hpp"

namespace fpanet {

RankReduction::RankReduction(Communicator& ranks, Index images)
    : ranks_(ranks),
      images_(images),
      own_images_(rank_part(images, ranks.rank(), ranks.size()).count) {
  require(images >= 1, "rank reduction: a batch of {} images", images);
  for (int rank = 0; rank < ranks.size(); ++rank) {
    shares_.push_back(static_cast<double>(rank_part(images, rank, ranks.size()).count) /
                      static_cast<double>(images));
  }
}

Value RankReduction::total(Value sums) const {
  return all_reduce(sums, ranks_, AllReduceResult::total);
}

Value RankReduction::total_of_gradients(Value sums) const {
  return all_reduce(sums, ranks_,
                    own_images_ > 0 ? AllReduceResult::total : AllReduceResult::zeros);
}

Value RankReduction::whole_statistics(Value statistics, Index) const {
  return all_reduce_statistics(statistics, shares_, ranks_);
}

Index RankReduction::whole_pixels(Index pixels) const {
  return pixels / std::max<Index>(own_images_, 1) * images_;
}

}  // namespace fpanet
