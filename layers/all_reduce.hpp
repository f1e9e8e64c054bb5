#pragma once
// Sums over ranks as nodes of a graph. The communicator must outlive the graph. Every rank records
// the same nodes in the same order. On a GPU the communicator needs the ranks' GPUs
// (Communicator::use_gpus).

#include <optional>
#include <span>
#include <vector>

#include "engine/distributed/communicator.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/parameters.hpp"

namespace fpanet {

/// What a rank gets of a sum that it takes part in.
enum class AllReduceResult : std::uint8_t { total, zeros };

/// x (f64 or f32, any shape) -> the sum of the ranks' x, in the order of ranks. Every rank then computes
/// the same loss of it, so the gradient of x is that of the sum. With `zeros`, this rank adds its x and
/// gets zeros.
Value all_reduce(Value x, Communicator& ranks, AllReduceResult result = AllReduceResult::total);

/// Mean and biased variance of each channel, statistics f64 (2,C) over the pixels of this rank, into
/// those over the pixels of all ranks (kernels/rank_sums.hpp). shares[r] is rank r's share of the
/// pixels; they add up to 1. No gradient passes through it.
Value all_reduce_statistics(Value statistics, const std::vector<double>& shares,
                            Communicator& ranks);

/// How GPUs add up gradients. CPUs always add them in the order of ranks.
enum class GradientSum : std::uint8_t {
  ordered,  ///< in the order of ranks, so that the bits depend on the number of ranks alone
  library,  ///< in the order that NCCL chooses: the fastest in f32
  bf16,     ///< rounded to bf16 on the way, added in f32 in the order of ranks: half the bytes
};

/// Begins to replace the segments of `region` (f32 or f64) by their sums over the ranks, while later
/// nodes run. They must leave the segments alone until finish_all_reduce(). Returns memory that the
/// sums use until then, if they need any.
std::optional<Value> all_reduce_segments(Value region, std::span<const Segment> segments,
                                         Communicator& ranks,
                                         GradientSum how = GradientSum::ordered);

/// Waits for all sums of segments of `region` that have begun, and ends the use of their memory.
void finish_all_reduce(Value region, std::span<const Value> used, Communicator& ranks);

}  // namespace fpanet
