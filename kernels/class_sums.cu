// Memory traffic per pixel of C classes for bfloat16: forward reads 2 C bytes and a label; backward
// writes 2 C bytes and reads a label.

#include "kernels/class_sums.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/class_sums/write_sums_cuda.hpp"
#include "kernels/class_sums_body.hpp"

namespace fpanet::kernels {
namespace {

/// Sums of p t, p and t over the pixels that are not ignored.
template <class T>
struct ClassSumTerms {
  static constexpr int kSums = 3, kWidth = kVector<T>;
  struct Nothing {};

  const T* p;
  body::ClassLabels labels;
  bool one_hot, aligned;

  FPANET_HD Nothing fixed(const ColumnPlace&) const { return {}; }
  FPANET_HD void add(Nothing, const ColumnPlace& at, Index row, Values<float, kWidth>* sums) const {
    const auto values = load<kWidth>(p + row * labels.channels + at.column, at.count, aligned);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const Index c = at.column + i;
      const std::int32_t label = labels.at(row, c);
      if (labels.ignored(label)) continue;
      const auto t = static_cast<float>(body::class_target(one_hot, label, c));
      sums[0].at[i] += values.at[i] * t;
      sums[1].at[i] += values.at[i];
      sums[2].at[i] += t;
    }
  }
};

template <class T>
struct ClassSumGradient {
  static constexpr int kWidth = kVector<T>;
  struct Fixed {
    double on_target[kWidth], everywhere[kWidth];
  };

  body::ClassLabels labels;
  const double* dsums;
  T* dp;
  Write write;
  bool one_hot, aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f{};
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      f.on_target[i] = dsums[at.column + i];
      f.everywhere[i] = dsums[labels.channels + at.column + i];
    }
    return f;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row) const {
    Values<float, kWidth> values;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const Index c = at.column + i;
      const std::int32_t label = labels.at(row, c);
      if (labels.ignored(label)) continue;
      values.at[i] = static_cast<float>(f.on_target[i] * body::class_target(one_hot, label, c) +
                                        f.everywhere[i]);
    }
    store(dp + row * labels.channels + at.column, values, at.count, aligned, write);
  }
};

}  // namespace

template <class T>
std::size_t class_sums_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  const ColumnTiles<T> cut(pixels, channels);
  return scratch_bytes<double>(cut.chunks * 3 * channels) + kScratchAlignment;
}

template <class T>
void class_sums(const Cuda& cuda, View<const T> p, const std::int32_t* labels,
                const ClassTargets& targets, double* sums, std::span<std::byte> workspace) {
  const ColumnTiles<T> cut(p.pixels(), p.c);
  double* const partial = Scratch(workspace).take<double>(cut.chunks * 3 * p.c);
  const ClassSumTerms<T> terms{p.data, body::ClassLabels(labels, p.c, targets),
                               targets.mode == DiceMode::multiclass, images_fit<T>(p.c, p.data)};
  column_totals(CudaGrid(cuda), "class_sums", cut, terms, partial, WriteClassSums{sums, p.c});
}

template <class T>
void class_sums_backward(const Cuda& cuda, const std::int32_t* labels, const double* dsums,
                         const ClassTargets& targets, View<T> dp, Write write) {
  column_map(
      CudaGrid(cuda), "class_sums_backward", ColumnTiles<T>(dp.pixels(), dp.c),
      ClassSumGradient<T>{body::ClassLabels(labels, dp.c, targets), dsums, dp.data, write,
                          targets.mode == DiceMode::multiclass, images_fit<T>(dp.c, dp.data)});
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void class_sums(const Cuda&, View<const T>, const std::int32_t*, const ClassTargets&, \
                           double*, std::span<std::byte>);                                       \
  template void class_sums_backward(const Cuda&, const std::int32_t*, const double*,             \
                                    const ClassTargets&, View<T>, Write);                        \
  template std::size_t class_sums_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
