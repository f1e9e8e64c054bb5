#pragma once
// The launches of high_pass.hpp on GPUs for a radius above 10, whose frequencies no thread keeps in
// its registers. One launch a step, all in double:
//
//   vertical[i][e] = sum_h A_H[i][h] x[h][e]
//   spectrum[i][j] = sum_w A_W[j][w] vertical[i][w]      i + j <= R, for each channel
//   low[i][e]      = sum_j spectrum[i][j] A_W[j][w]
//   y[h][e]        = x[h][e] - sum_i A_H[i][h] low[i][e]

#include <cmath>

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/block.hpp"
#include "kernels/dct_basis.hpp"

namespace fpanet::kernels {

/// Sizes, and the memory between the launches.
struct WideHighPassPlan {
  Index n, c, h, w, radius;
  double* basis_h = nullptr;   // [h][k]
  double* basis_w = nullptr;   // [w][k]
  double* lines = nullptr;     // [image][i][e]: vertical, then low
  double* spectrum = nullptr;  // [image][i][j][channel]

  FPANET_HD Index row() const { return w * c; }
  FPANET_HD Index count() const { return radius + 1; }
  FPANET_HD Index line_elements() const { return n * count() * row(); }
  FPANET_HD Index frequencies() const { return n * count() * count() * c; }

  std::size_t bytes() const {
    return scratch_bytes<double>(h * count()) + scratch_bytes<double>(w * count()) +
           scratch_bytes<double>(line_elements()) + scratch_bytes<double>(frequencies()) +
           kScratchAlignment;
  }
  void take(std::span<std::byte> workspace) {
    Scratch scratch(workspace);
    basis_h = scratch.take<double>(h * count());
    basis_w = scratch.take<double>(w * count());
    lines = scratch.take<double>(line_elements());
    spectrum = scratch.take<double>(frequencies());
  }
};

struct WideBasisKernel {
  static constexpr int kThreads = 128;

  WideHighPassPlan plan;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, (plan.h + plan.w) * plan.count(), [&](Index i) {
      const Index k = i % plan.count(), line = i / plan.count();
      if (line < plan.h) {
        plan.basis_h[i] = orthonormal_cosine(k, line, plan.h);
      } else {
        plan.basis_w[i - plan.h * plan.count()] = orthonormal_cosine(k, line - plan.h, plan.w);
      }
    });
  }
};

template <class T>
struct WideColumnsKernel {
  static constexpr int kThreads = 256;

  WideHighPassPlan plan;
  const T* x;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, plan.line_elements(), [&](Index o) {
      const Index e = o % plan.row(), i = o / plan.row() % plan.count();
      const T* const column = x + o / (plan.row() * plan.count()) * plan.h * plan.row() + e;
      double sum = 0;
      for (Index y = 0; y < plan.h; ++y) {
        const auto value = static_cast<double>(real(column[y * plan.row()]));
        sum = std::fma(plan.basis_h[y * plan.count() + i], value, sum);
      }
      plan.lines[o] = sum;
    });
  }
};

struct WideSpectrumKernel {
  static constexpr int kThreads = 256;

  WideHighPassPlan plan;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, plan.frequencies(), [&](Index o) {
      const Index channel = o % plan.c, j = o / plan.c % plan.count();
      const Index line = o / (plan.c * plan.count());  // of all images
      if (line % plan.count() + j > plan.radius) {
        plan.spectrum[o] = 0;
        return;
      }
      const double* const from = plan.lines + line * plan.row() + channel;
      double sum = 0;
      for (Index x = 0; x < plan.w; ++x) {
        sum = std::fma(plan.basis_w[x * plan.count() + j], from[x * plan.c], sum);
      }
      plan.spectrum[o] = sum;
    });
  }
};

struct WideRowsKernel {
  static constexpr int kThreads = 256;

  WideHighPassPlan plan;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, plan.line_elements(), [&](Index o) {
      const Index e = o % plan.row(), line = o / plan.row();
      const double* const from = plan.spectrum + line * plan.count() * plan.c + e % plan.c;
      const double* const basis = plan.basis_w + e / plan.c * plan.count();
      double sum = 0;
      for (Index j = 0; j < plan.count(); ++j) sum = std::fma(from[j * plan.c], basis[j], sum);
      plan.lines[o] = sum;
    });
  }
};

template <class T>
struct WideSubtractKernel {
  static constexpr int kThreads = 256;

  WideHighPassPlan plan;
  const T* x;
  T* y;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, plan.n * plan.h * plan.row(), [&](Index o) {
      const Index e = o % plan.row(), line = o / plan.row();
      const double* const basis = plan.basis_h + line % plan.h * plan.count();
      const double* const low = plan.lines + line / plan.h * plan.count() * plan.row() + e;
      double sum = 0;
      for (Index i = 0; i < plan.count(); ++i) sum = std::fma(basis[i], low[i * plan.row()], sum);
      auto value = static_cast<float>(static_cast<double>(real(x[o])) - sum);
      if (write == Write::accumulate) value += static_cast<float>(y[o]);
      y[o] = static_cast<T>(value);
    });
  }
};

}  // namespace fpanet::kernels
