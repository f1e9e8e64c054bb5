#pragma once
// U, the weights of a job transformed: for each position of a tile the matrix that its transformed
// source is multiplied by.

#include "kernels/conv2d/winograd_job.hpp"

namespace fpanet::kernels::winograd {

/// Columns of a panel that are multiplied. Where the target's channels end, U is 0 up to a multiple of 8, for
/// products store whole vectors faster.
template <class T>
Index panel_columns(const Job<T>& job, Index panel);

/// One panel of U at u, of the source's channels [begin, end).
template <class T>
void transform_panel(const Job<T>& job, const PlainWeights<T>& weights, Index panel, Index begin,
                     Index end, float* u);

/// All of U. Forwards, the source's channels in blocks of kWinogradChannels.
template <class T>
void make_u(const Cpu& cpu, const Job<T>& job, const PlainWeights<T>& weights, float* u);
/// The same of the four phases of w, one after the other; `job` is any of them.
void make_phases_u(const Cpu& cpu, const Job<float>& job, const PlainWeights<float>& weights,
                   float* u);

}  // namespace fpanet::kernels::winograd
