#pragma once
// Where a batch that is divided among several computations is put together again.
//
// Dice and batch norm are computed from sums over the whole batch. If each of several processes (or
// threads) computes a part of the batch, a reduction stands between the sums of a part and what is
// computed from them, forward and backward. The values that it returns are the same in all parts.
// Without a reduction, the sums and what follows stay in one node.

#include "engine/graph/graph.hpp"

namespace fpanet {

class BatchReduction {
 public:
  virtual ~BatchReduction() = default;

  /// Records what adds up `sums` (f64, any shape) over all parts. The gradient of a part's sums is
  /// the gradient of the total.
  virtual Value total(Value sums) const = 0;
  /// The same for the terms of batch norm's gradient, of which this is the backward pass: nothing
  /// passes back through it. Zeros for a part of which no pixel is in the batch, so that its images
  /// have no gradient.
  virtual Value total_of_gradients(Value sums) const { return total(sums); }
  /// Records what combines `statistics` (2,C) f64, mean and biased variance of each channel over the
  /// `pixels` pixels of a part, into those of all pixels. No gradient passes through it: batch norm
  /// sums its gradient terms with total_of_gradients().
  virtual Value whole_statistics(Value statistics, Index pixels) const = 0;
  /// The pixels of all parts, if this part has `pixels`.
  virtual Index whole_pixels(Index pixels) const = 0;
};

}  // namespace fpanet
