#pragma once
// Sums over ranks as nodes of a graph. The communicator must outlive the graph. Every rank records
// the same nodes in the same order.

#include <span>
#include <vector>

#include "engine/distributed/communicator.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/parameters.hpp"

namespace fpanet {

/// What a rank gets of a sum that it takes part in.
enum class AllReduceResult : std::uint8_t { total, zeros };

/// x (f64 or f32, any shape) -> the sum of the ranks' x. Every rank then computes the same loss of
/// it, so the gradient of x is that of the sum. With `zeros`, this rank adds its x and gets zeros.
Value all_reduce(Value x, Communicator& ranks, AllReduceResult result = AllReduceResult::total);

/// Mean and biased variance of each channel, statistics f64 (2,C) over the pixels of this rank, into
/// those over the pixels of all ranks. shares[r] is rank r's share of the pixels; they add up to 1.
///
///   mean = sum of share_r mean_r      variance = sum of share_r (variance_r + (mean_r - mean)^2)
///
/// No gradient passes through it. Source: Chan, Golub and LeVeque, 1983.
Value all_reduce_statistics(Value statistics, std::vector<double> shares, Communicator& ranks);

/// Replaces the segments of `region` (f32 or f64) by their sums over the ranks.
void all_reduce_segments(Value region, std::span<const Segment> segments, Communicator& ranks);

}  // namespace fpanet
