// Memory traffic per pixel of C classes for bfloat16: forward reads 2 C bytes and a label and
// writes 4 C, backward reads 4 C and a label and writes 2 C: 46 bytes each for 7 classes. Separate
// kernels for softmax, Dice and the two casts around them move 130 and 158.

#include "kernels/softmax_dice.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/dice_cuda.hpp"
#include "kernels/softmax_dice_body.hpp"

namespace fpanet::kernels {
namespace {

/// Pixels as rows of one vector, so that one thread handles each pixel.
using PixelTiles = ColumnTiles<bfloat16>;
constexpr int kWidth = PixelTiles::kWidth;
static_assert(kWidth == kSoftmaxDiceClasses);

template <class T>
bool rows_fit(const T* p, Index channels) {
  return vectors_fit<kWidth>(p, channels);
}

/// Writes p of a pixel and adds p t, p and t to the sums.
template <class T>
struct SoftmaxDiceTerms {
  static constexpr int kSums = 3;
  struct Nothing {};

  const T* x;
  float* p;
  body::DiceLabels labels;
  bool x_aligned, p_aligned;

  FPANET_HD Nothing fixed(const ColumnPlace&) const { return {}; }
  FPANET_HD void add(Nothing, const ColumnPlace& at, Index row, Values<float, kWidth>* sums) const {
    const Index first = row * labels.channels;
    auto values = load<kWidth>(x + first, at.count, x_aligned);
    softmax(values, at.count);
    store(p + first, values, at.count, p_aligned);
    const std::int32_t label = labels.at(row, 0);
    if (labels.ignored(label)) return;
    FPANET_UNROLL
    for (int c = 0; c < kWidth; ++c) {
      const float t = label == c ? 1.F : 0.F;
      sums[0].at[c] += values.at[c] * t;
      sums[1].at[c] += values.at[c];
      sums[2].at[c] += t;
    }
  }

 private:
  /// Softmax of the first `count` values; the others stay 0.
  FPANET_HD static void softmax(Values<float, kWidth>& values, int count) {
    float largest = values.at[0];
    FPANET_UNROLL
    for (int c = 1; c < kWidth; ++c) {
      if (c < count && values.at[c] > largest) largest = values.at[c];
    }
    float sum = 0;
    FPANET_UNROLL
    for (int c = 0; c < kWidth; ++c) {
      if (c >= count) continue;
      values.at[c] = body::exp_of_shifted(body::shifted_by_largest(values.at[c], largest));
      sum += values.at[c];
    }
    const float scale = 1 / sum;
    FPANET_UNROLL
    for (int c = 0; c < kWidth; ++c) values.at[c] *= scale;
  }
};

template <class T>
struct SoftmaxDiceGradient {
  struct Fixed {
    body::DicePixelSlopes<float> slopes[kWidth];
  };

  const float* p;
  body::DiceLabels labels;
  const body::DiceSlopes* slopes;
  T* dx;
  Write write;
  bool p_aligned, dx_aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int c = 0; c < kWidth; ++c) {
      if (c < at.count) f.slopes[c] = body::DicePixelSlopes<float>(slopes[c]);
    }
    return f;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row) const {
    const Index first = row * labels.channels;
    const auto values = load<kWidth>(p + first, at.count, p_aligned);
    const std::int32_t label = labels.at(row, 0);
    Values<float, kWidth> gradient;
    if (!labels.ignored(label)) {
      body::softmax_dice_gradient(values.at, f.slopes, label, at.count, gradient.at);
    }
    store(dx + first, gradient, at.count, dx_aligned, write);
  }
};

}  // namespace

template <class T>
std::size_t softmax_dice_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  const PixelTiles cut(pixels, channels);
  return scratch_bytes<double>(cut.chunks * 3 * channels) + scratch_bytes<double>(1) +
         scratch_bytes<body::DiceSlopes>(channels) + kScratchAlignment;
}

template <class T>
void softmax_dice(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const Index channels = x.c;
  const PixelTiles cut(x.pixels(), channels);
  Scratch scratch(workspace);
  double* const partial = scratch.take<double>(cut.chunks * 3 * channels);
  double* const so_far = scratch.take<double>(1);
  const SoftmaxDiceTerms<T> terms{x.data, p.data, body::DiceLabels(labels, channels, options),
                                  rows_fit(x.data, channels), rows_fit(p.data, channels)};
  column_totals(grid, "softmax_dice", cut, terms, partial, WriteClassSums{sums, channels});
  dice_loss_of(grid, sums, channels, options, so_far, loss);
}

template <class T>
void softmax_dice_backward(const Cuda& cuda, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const Index channels = p.c;
  auto* const slopes = Scratch(workspace).take<body::DiceSlopes>(channels);
  dice_slopes_of(grid, sums, dloss, channels, options, slopes);
  column_map(
      grid, "softmax_dice_backward", PixelTiles(p.pixels(), channels),
      SoftmaxDiceGradient<T>{p.data, body::DiceLabels(labels, channels, options), slopes, dx.data,
                             write, rows_fit(p.data, channels), rows_fit(dx.data, channels)});
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void softmax_dice(const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&, \
                             View<float>, float*, double*, std::span<std::byte>);                 \
  template void softmax_dice_backward(const Cuda&, View<const float>, const std::int32_t*,        \
                                      const double*, const float*, const DiceOptions&, View<T>,   \
                                      Write, std::span<std::byte>);                               \
  template std::size_t softmax_dice_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
