#include "kernels/high_pass.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/high_pass/sweeps.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {
namespace {

constexpr Index kK = kLowFrequencies;

/// basis[n * 11 + k] = A_N[k][n].
void fill_basis(Index size, double* basis) {
  for (Index n = 0; n < size; ++n) {
    for (Index k = 0; k < kK; ++k) {
      basis[n * kK + k] = orthonormal_cosine(k, n, size);
    }
  }
}

/// Filters frequency row i of one image: low[e] = sum_j B[i][j] (sum_w vertical[w] A_W[j][w])
/// A_W[j].
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
  Index frequencies() const { return n * kK * row(); }  // in a batch transformed along H only
};

}  // namespace

template <class T>
std::size_t high_pass_workspace_bytes(const Cpu&, Index n, Index c, Index h, Index w) {
  const Sizes s{n, c, h, w};
  return scratch_bytes<double>(h * kK) + scratch_bytes<Real<T>>(h * kK) +
         scratch_bytes<double>(w * kK) + 2 * scratch_bytes<double>(s.frequencies()) +
         kScratchAlignment;
}

template <class T>
void high_pass(const Cpu& cpu, View<const T> x, View<T> y, Write write,
               std::span<std::byte> workspace) {
  assert(x.h >= kK && x.w >= kK);
  const Sizes s{x.n, x.c, x.h, x.w};
  const Index row = s.row();
  Scratch scratch(workspace);
  double* const exact_h = scratch.take<double>(x.h * kK);
  auto* const basis_h = scratch.take<Real<T>>(x.h * kK);
  double* const basis_w = scratch.take<double>(x.w * kK);
  double* const vertical = scratch.take<double>(s.frequencies());
  double* const low = scratch.take<double>(s.frequencies());
  fill_basis(x.h, exact_h);
  fill_basis(x.w, basis_w);
  std::transform(exact_h, exact_h + x.h * kK, basis_h,
                 [](double a) { return static_cast<Real<T>>(a); });

  static const HighPassSweeps<T> sweeps =
      CpuVariants<HighPassSweeps<T>>{.generic = high_pass_sweeps_generic<T>,
                                     .avx2 = FPANET_X86_ONLY(high_pass_sweeps_avx2<T>),
                                     .avx512 = FPANET_X86_ONLY(high_pass_sweeps_avx512<T>)}
          .choose();
  const Index spans = divide_up(row, kHighPassSpan);
  parallel_for(cpu, x.n * spans, [&](Index task) {
    const Index n = task / spans, first = task % spans * kHighPassSpan;
    sweeps.analyse(x.pixel(n, 0, 0), x.h, row, basis_h, first, std::min(kHighPassSpan, row - first),
                   vertical + n * kK * row);
  });
  parallel_for(cpu, x.n * kK, [&](Index task) {
    filter_row(task % kK, vertical + task * row, x.w, x.c, basis_w, low + task * row);
  });
  const Index blocks = divide_up(x.h, kHighPassRows);
  parallel_for(cpu, x.n * blocks, [&](Index task) {
    const Index n = task / blocks, h = task % blocks * kHighPassRows;
    sweeps.subtract(x.pixel(n, h, 0), low + n * kK * row, exact_h + h * kK,
                    std::min(kHighPassRows, x.h - h), row, y.pixel(n, h, 0), write);
  });
}

#define FPANET_INSTANTIATE(T)                                                               \
  template void high_pass(const Cpu&, View<const T>, View<T>, Write, std::span<std::byte>); \
  template std::size_t high_pass_workspace_bytes<T>(const Cpu&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
