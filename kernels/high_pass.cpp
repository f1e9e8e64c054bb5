#include "kernels/high_pass.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/core/parallel.hpp"
#include "kernels/body.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/scratch.hpp"

namespace fpanet::kernels {
namespace {

constexpr Index kK = kLowFrequencies;
constexpr Index kSpan = 64;  // elements of an image row that one task carries through the columns

/// basis[n * 11 + k] = A_N[k][n].
void fill_basis(Index size, double* basis) {
  for (Index n = 0; n < size; ++n) {
    for (Index k = 0; k < kK; ++k) {
      basis[n * kK + k] = orthonormal_cosine(k, n, size);
    }
  }
}

/// vertical[k][e] = sum_h A_H[k][h] x[h][e] for elements e in [first, first + count) of the rows of
/// one image. Sixteen rows are added up in T, those sums in double.
template <class T>
void analyse_columns(const T* image, Index height, Index row, const T* basis_h, Index first,
                     Index count, double* vertical) {
  constexpr Index kGroup = 16;
  double total[kK][kSpan] = {};
  for (Index group = 0; group < height; group += kGroup) {
    T partial[kK][kSpan] = {};
    for (Index h = group; h < std::min(height, group + kGroup); ++h) {
      const T* const x = image + h * row + first;
      for (Index k = 0; k < kK; ++k) {
        const T a = basis_h[h * kK + k];
        for (Index e = 0; e < count; ++e) partial[k][e] += a * x[e];
      }
    }
    for (Index k = 0; k < kK; ++k) {
      for (Index e = 0; e < count; ++e) total[k][e] += static_cast<double>(partial[k][e]);
    }
  }
  for (Index k = 0; k < kK; ++k) std::copy_n(total[k], count, vertical + k * row + first);
}

/// One frequency row i of one image: low[e] = sum_j B[i][j] (sum_w vertical[w] A_W[j][w]) A_W[j].
void filter_row(Index i, const double* vertical, Index width, Index channels, const double* basis_w,
                double* low) {
  for (Index c = 0; c < channels; ++c) {
    std::array<double, kK> spectrum{};
    for (Index w = 0; w < width; ++w) {
      for (Index j = 0; i + j < kK; ++j) {
        spectrum[static_cast<std::size_t>(j)] += basis_w[w * kK + j] * vertical[w * channels + c];
      }
    }
    for (Index w = 0; w < width; ++w) {
      double sum = 0;
      for (Index j = 0; i + j < kK; ++j) {
        sum += basis_w[w * kK + j] * spectrum[static_cast<std::size_t>(j)];
      }
      low[w * channels + c] = sum;
    }
  }
}

struct Sizes {
  Index n, c, h, w;
  Index row() const { return w * c; }
  Index frequencies() const { return n * kK * row(); }  // of one half-transformed batch
};

}  // namespace

template <class T>
std::size_t high_pass_workspace_bytes(const Cpu&, Index n, Index c, Index h, Index w) {
  const Sizes s{n, c, h, w};
  return scratch_bytes<double>(h * kK) + scratch_bytes<T>(h * kK) + scratch_bytes<double>(w * kK) +
         2 * scratch_bytes<double>(s.frequencies()) + kScratchAlignment;
}

template <class T>
void high_pass(const Cpu& cpu, View<const T> x, View<T> y, Write write,
               std::span<std::byte> workspace) {
  assert(x.h >= kK && x.w >= kK);
  const Sizes s{x.n, x.c, x.h, x.w};
  const Index row = s.row();
  Scratch scratch(workspace);
  double* const exact_h = scratch.take<double>(x.h * kK);
  T* const basis_h = scratch.take<T>(x.h * kK);
  double* const basis_w = scratch.take<double>(x.w * kK);
  double* const vertical = scratch.take<double>(s.frequencies());
  double* const low = scratch.take<double>(s.frequencies());
  fill_basis(x.h, exact_h);
  fill_basis(x.w, basis_w);
  std::transform(exact_h, exact_h + x.h * kK, basis_h, [](double a) { return static_cast<T>(a); });

  const Index spans = divide_up(row, kSpan);
  parallel_for(cpu, x.n * spans, [&](Index task) {
    const Index n = task / spans, first = task % spans * kSpan;
    analyse_columns(x.pixel(n, 0, 0), x.h, row, basis_h, first, std::min(kSpan, row - first),
                    vertical + n * kK * row);
  });
  parallel_for(cpu, x.n * kK, [&](Index task) {
    filter_row(task % kK, vertical + task * row, x.w, x.c, basis_w, low + task * row);
  });
  with_constant(write, [&](auto constant_write) {
    parallel_for(cpu, x.n * x.h, [&](Index task) {
      const Index n = task / x.h, h = task % x.h;
      const double* const a = exact_h + h * kK;
      const T* const from = x.pixel(n, h, 0);
      const double* const z = low + n * kK * row;
      T* const to = y.pixel(n, h, 0);
#pragma omp simd
      for (Index e = 0; e < row; ++e) {
        double sum = a[0] * z[e];
        for (Index k = 1; k < kK; ++k) sum += a[k] * z[k * row + e];
        store<T>(to[e], static_cast<T>(static_cast<double>(from[e]) - sum), constant_write);
      }
    });
  });
}

#define FPANET_INSTANTIATE(T)                                                               \
  template void high_pass(const Cpu&, View<const T>, View<T>, Write, std::span<std::byte>); \
  template std::size_t high_pass_workspace_bytes<T>(const Cpu&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
