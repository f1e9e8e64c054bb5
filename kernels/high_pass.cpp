#include "kernels/high_pass.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/high_pass/sweeps.hpp"

namespace fpanet::kernels {
namespace {

constexpr Index kK = kLowFrequencies;

/// basis[n * count + k] = A_N[k][n] for k < count.
void fill_basis(Index size, Index count, double* basis) {
  for (Index n = 0; n < size; ++n) {
    for (Index k = 0; k < count; ++k) {
      basis[n * count + k] = orthonormal_cosine(k, n, size);
    }
  }
}

struct Sizes {
  Index n, c, h, w, radius;
  Index row() const { return w * c; }
  /// Frequencies per axis, rounded up to whole passes. B masks those above the radius.
  Index count() const { return divide_up(radius + 1, kK) * kK; }
  Index frequencies() const { return n * count() * row(); }  // in a batch transformed along H only
};

/// Filters frequency row i of one image: low[e] = sum_j B[i][j] (sum_w vertical[w] A_W[j][w]) A_W[j],
/// for kK frequencies j at a time.
void filter_row(const Sizes& s, Index i, const double* vertical, const double* basis_w,
                double* low) {
  std::fill(low, low + s.row(), 0.0);
  for (Index first = 0; i + first <= s.radius; first += kK) {
    const double* const basis = basis_w + first;
    const Index count = std::min(kK, s.radius + 1 - i - first);
    for (Index c = 0; c < s.c; ++c) {
      std::array<double, kK> spectrum{};
      for (Index w = 0; w < s.w; ++w) {
        for (Index j = 0; j < count; ++j) {
          spectrum[static_cast<std::size_t>(j)] += basis[w * s.count() + j] * vertical[w * s.c + c];
        }
      }
      for (Index w = 0; w < s.w; ++w) {
        double sum = low[w * s.c + c];
        for (Index j = 0; j < count; ++j) {
          sum += basis[w * s.count() + j] * spectrum[static_cast<std::size_t>(j)];
        }
        low[w * s.c + c] = sum;
      }
    }
  }
}

}  // namespace

template <class T>
CpuVariants<HighPassSweeps<T>> high_pass_sweeps_variants() {
  return {.generic = high_pass_sweeps_generic<T>,
          .avx2 = FPANET_X86_ONLY(high_pass_sweeps_avx2<T>),
          .avx512 = FPANET_X86_ONLY(high_pass_sweeps_avx512<T>),
          .neon = FPANET_ARM_ONLY(high_pass_sweeps_neon<T>)};
}

template <class T>
std::size_t high_pass_workspace_bytes(const Cpu&, Index n, Index c, Index h, Index w,
                                      Index radius) {
  const Sizes s{n, c, h, w, radius};
  return scratch_bytes<double>(h * s.count()) + scratch_bytes<Real<T>>(h * s.count()) +
         scratch_bytes<double>(w * s.count()) + 2 * scratch_bytes<double>(s.frequencies()) +
         kScratchAlignment;
}

template <class T>
void high_pass(const Cpu& cpu, View<const T> x, Index radius, View<T> y, Write write,
               std::span<std::byte> workspace) {
  assert(radius >= 0 && x.h > radius && x.w > radius);
  const Sizes s{x.n, x.c, x.h, x.w, radius};
  const Index row = s.row(), count = s.count(), passes = count / kK;
  Scratch scratch(workspace);
  double* const exact_h = scratch.take<double>(x.h * count);
  auto* const basis_h = scratch.take<Real<T>>(x.h * count);
  double* const basis_w = scratch.take<double>(x.w * count);
  double* const vertical = scratch.take<double>(s.frequencies());
  double* const low = scratch.take<double>(s.frequencies());
  fill_basis(x.h, count, exact_h);
  fill_basis(x.w, count, basis_w);
  std::transform(exact_h, exact_h + x.h * count, basis_h,
                 [](double a) { return static_cast<Real<T>>(a); });

  static const HighPassSweeps<T> sweeps = high_pass_sweeps_variants<T>().choose();
  const Index spans = divide_up(row, kHighPassSpan);
  parallel_for(cpu, x.n * spans, [&](Index task) {
    const Index n = task / spans, first = task % spans * kHighPassSpan;
    for (Index pass = 0; pass < passes; ++pass) {
      sweeps.analyse(x.pixel(n, 0, 0), x.h, row, basis_h + pass * kK, count, first,
                     std::min(kHighPassSpan, row - first),
                     vertical + (n * count + pass * kK) * row);
    }
  });
  parallel_for(cpu, x.n * count, [&](Index task) {
    filter_row(s, task % count, vertical + task * row, basis_w, low + task * row);
  });
  const Index blocks = divide_up(x.h, kHighPassRows);
  parallel_for(cpu, x.n * blocks, [&](Index task) {
    const Index n = task / blocks, h = task % blocks * kHighPassRows;
    sweeps.subtract(x.pixel(n, h, 0), low + n * count * row, exact_h + h * count, count,
                    std::min(kHighPassRows, x.h - h), row, y.pixel(n, h, 0), write);
  });
}

#define FPANET_INSTANTIATE(T)                                                                      \
  template CpuVariants<HighPassSweeps<T>> high_pass_sweeps_variants();                             \
  template void high_pass(const Cpu&, View<const T>, Index, View<T>, Write, std::span<std::byte>); \
  template std::size_t high_pass_workspace_bytes<T>(const Cpu&, Index, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
