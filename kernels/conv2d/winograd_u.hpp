#pragma once
// U, the transformed weights of a job: for each position of a tile, the matrix by which the
// transformed source is multiplied.

#include "kernels/conv2d/winograd_job.hpp"

namespace fpanet::kernels::winograd {

/// Number of columns of a panel that are multiplied. Where the target's channels end, U is padded
/// with 0 to a multiple of 8 columns, because products store whole vectors faster.
template <class T>
Index panel_columns(const Job<T>& job, Index panel);

/// Computes one panel of U at u, for the source channels [begin, end).
template <class T>
void transform_panel(const Job<T>& job, const PlainWeights<T>& weights, Index panel, Index begin,
                     Index end, float* u);

/// Computes all of U, in parallel over panels and blocks of kWinogradChannels source channels.
template <class T>
void make_u(const Cpu& cpu, const Job<T>& job, const PlainWeights<T>& weights, float* u);
/// The same for the four phases of w, one after the other; `job` is any of the four.
void make_phases_u(const Cpu& cpu, const Job<float>& job, const PlainWeights<float>& weights,
                   float* u);

}  // namespace fpanet::kernels::winograd
