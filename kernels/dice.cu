// Memory traffic per pixel of C classes for bfloat16: forward reads 2 C bytes and a label; backward
// writes 2 C bytes and reads a label.

#include "kernels/dice.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/dice_cuda.hpp"

namespace fpanet::kernels {
namespace {

/// Sums of p t, p and t over the pixels that are not ignored.
template <class T>
struct DiceTerms {
  static constexpr int kSums = 3, kWidth = kVector<T>;
  struct Nothing {};

  const T* p;
  body::DiceLabels labels;
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
      const auto t = static_cast<float>(body::dice_target(one_hot, label, c));
      sums[0].at[i] += values.at[i] * t;
      sums[1].at[i] += values.at[i];
      sums[2].at[i] += t;
    }
  }
};

template <class T>
struct DiceGradient {
  static constexpr int kWidth = kVector<T>;
  struct Fixed {
    body::DiceSlopes slopes[kWidth];
  };

  body::DiceLabels labels;
  const body::DiceSlopes* slopes;
  T* dp;
  Write write;
  bool one_hot, aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i < at.count) f.slopes[i] = slopes[at.column + i];
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
      values.at[i] = static_cast<float>(
          f.slopes[i].on_target * body::dice_target(one_hot, label, c) + f.slopes[i].everywhere);
    }
    store(dp + row * labels.channels + at.column, values, at.count, aligned, write);
  }
};

}  // namespace

template <class T>
std::size_t dice_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  const ColumnTiles<T> cut(pixels, channels);
  return scratch_bytes<double>(cut.chunks * 3 * channels) + scratch_bytes<double>(1) +
         scratch_bytes<body::DiceSlopes>(channels) + kScratchAlignment;
}

template <class T>
void dice(const Cuda& cuda, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const ColumnTiles<T> cut(p.pixels(), p.c);
  Scratch scratch(workspace);
  double* const partial = scratch.take<double>(cut.chunks * 3 * p.c);
  double* const so_far = scratch.take<double>(1);
  const DiceTerms<T> terms{p.data, body::DiceLabels(labels, p.c, options),
                           options.mode == DiceMode::multiclass, images_fit<T>(p.c, p.data)};
  column_totals(grid, "dice", cut, terms, partial, WriteClassSums{sums, p.c});
  dice_loss_of(grid, sums, p.c, options, so_far, loss);
}

template <class T>
void dice_backward(const Cuda& cuda, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const Index channels = dp.c;
  auto* const slopes = Scratch(workspace).take<body::DiceSlopes>(channels);
  dice_slopes_of(grid, sums, dloss, channels, options, slopes);
  column_map(
      grid, "dice_backward", ColumnTiles<T>(dp.pixels(), channels),
      DiceGradient<T>{body::DiceLabels(labels, channels, options), slopes, dp.data, write,
                      options.mode == DiceMode::multiclass, images_fit<T>(channels, dp.data)});
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void dice(const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&, float*, \
                     double*, std::span<std::byte>);                                              \
  template void dice_backward(const Cuda&, const std::int32_t*, const double*, const float*,      \
                              const DiceOptions&, View<T>, Write, std::span<std::byte>);          \
  template std::size_t dice_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
