#include "kernels/conv2d/winograd_u.hpp"

#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"

namespace fpanet::kernels::winograd {

template <class T>
Index Job<T>::panels() const {
  return divide_up(target.c, conv2d_inner_loops<float>().width);
}

// The spare row keeps the positions of a channel in different cache sets.
template <class T>
Index Job<T>::u_position() const {
  return (source.c + 1) * conv2d_inner_loops<float>().width;
}

template <class T>
Index panel_columns(const Job<T>& job, Index panel) {
  constexpr Index kColumns = 8;
  const Index width = conv2d_inner_loops<float>().width;
  const Index count = std::min(width, job.target.c - panel * width);
  return divide_up(count, kColumns) * kColumns;
}

namespace {

// The weights of a panel transposed to [tap][c][output channel], for the kWinogradChannels source
// channels from c on.
template <class T>
struct Columns {
  static constexpr Index kRows = kWinogradChannels, kMaxWidth = 32;

  Columns(const PlainWeights<T>& weights, Index first, Index count, Index c, Index width)
      : tap(kRows * width) {
    for (Index j = 0; j < count; ++j) {
      const T* const from = weights.w + (first + j) * 9 * weights.c_in + c;
      for (Index t = 0; t < 9; ++t) {
        for (Index k = 0; k < kRows; ++k) {
          values[t * tap + k * width + j] = from[t * weights.c_in + k];
        }
      }
    }
    if (count < width) {
      for (Index row = 0; row < 9 * kRows; ++row) {
        std::fill_n(values + row * width + count, width - count, T(0));
      }
    }
  }

  Index tap;
  T values[9 * kRows * kMaxWidth];  // [tap][c][output channel]
};

// Calls make(row, tap stride, number of columns, offset in U) for every source channel of a panel
// in [begin, end).
template <class T, class Make>
void for_each_row(const Job<T>& job, const PlainWeights<T>& weights, Index panel, Index begin,
                  Index end, const Make& make) {
  const Index width = conv2d_inner_loops<float>().width;
  const Index first = panel * width, count = std::min(width, job.target.c - first);
  for (Index c = begin; c < end; c += Columns<T>::kRows) {
    const Columns<T> columns(weights, first, count, c, width);
    for (Index k = 0; k < Columns<T>::kRows; ++k) {
      make(columns.values + k * width, columns.tap, panel_columns(job, panel), (c + k) * width);
    }
  }
}

// Calls f(panel, first row, end row) for all rows of U, in parallel.
template <class T, class F>
void parallel_rows(const Cpu& cpu, const Job<T>& job, const F& f) {
  const Index steps = job.source.c / kWinogradChannels;
  parallel_workers(cpu, job.panels() * steps, [&](Index task, Index) {
    const Index row = task % steps * kWinogradChannels;
    f(task / steps, row, row + kWinogradChannels);
  });
}

}  // namespace

template <class T>
void transform_panel(const Job<T>& job, const PlainWeights<T>& weights, Index panel, Index begin,
                     Index end, float* u) {
  const auto transform = job.form->weights;
  const Index position = job.u_position();
  if (!weights.turned) {
    for_each_row(job, weights, panel, begin, end,
                 [&](const T* w, Index tap, Index count, Index at) {
                   transform(w, tap, count, u + at, position);
                 });
    return;
  }
  const Index width = conv2d_inner_loops<float>().width, c_in = weights.c_in;
  const Index first = panel * width, count = std::min(width, job.target.c - first);
  for (Index o = begin; o < end; ++o) {
    transform(weights.w + (o * 9 + 8) * c_in + first, -c_in, count, u + o * width, position);
  }
}

template <class T>
void make_u(const Cpu& cpu, const Job<T>& job, const PlainWeights<T>& weights, float* u) {
  parallel_rows(cpu, job, [&](Index panel, Index begin, Index end) {
    transform_panel(job, weights, panel, begin, end, u + panel * job.panel_numel());
  });
}

void make_phases_u(const Cpu& cpu, const Job<float>& job, const PlainWeights<float>& weights,
                   float* u) {
  const auto& transforms = winograd_kernels<float>();
  const Index position = job.u_position(), phase = job.u_numel();
  parallel_rows(cpu, job, [&](Index panel, Index begin, Index end) {
    float* const to = u + panel * job.panel_numel();
    for_each_row(job, weights, panel, begin, end,
                 [&](const float* w, Index tap, Index count, Index at) {
                   transforms.phase_weights(w, tap, count, to + at, position, phase);
                 });
  });
}

#define FPANET_INSTANTIATE(T)                                                               \
  template struct Job<T>;                                                                   \
  template Index panel_columns(const Job<T>&, Index);                                       \
  template void transform_panel(const Job<T>&, const PlainWeights<T>&, Index, Index, Index, \
                                float*);                                                    \
  template void make_u(const Cpu&, const Job<T>&, const PlainWeights<T>&, float*)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::winograd
