// Memory traffic per pixel of C classes for bfloat16: forward reads 2 C bytes and a label and
// writes 4 C, backward reads 4 C and a label and writes 2 C: 46 bytes each for 7 classes. Separate
// kernels for softmax, Dice and the two casts around them move 130 and 158.

#include "kernels/softmax_class_sums.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/class_sums/write_sums_cuda.hpp"
#include "kernels/softmax_class_sums_body.hpp"

namespace fpanet::kernels {
namespace {

/// Pixels as rows of one vector, so that one thread handles each pixel.
using PixelTiles = ColumnTiles<bfloat16>;
constexpr int kWidth = PixelTiles::kWidth;
static_assert(kWidth == kSoftmaxSumClasses);

template <class T>
bool rows_fit(const T* p, Index channels) {
  return vectors_fit<kWidth>(p, channels);
}

/// Writes p of a pixel and adds p t, p and t to the sums.
template <class T>
struct SoftmaxSumTerms {
  static constexpr int kSums = 3;
  struct Nothing {};

  const T* x;
  float* p;
  body::ClassLabels labels;
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
struct SoftmaxSumGradient {
  struct Fixed {
    body::ClassSlopes<float> slopes[kWidth];
  };

  const float* p;
  body::ClassLabels labels;
  const double* dsums;
  T* dx;
  Write write;
  bool p_aligned, dx_aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int c = 0; c < kWidth; ++c) {
      if (c < at.count) f.slopes[c] = body::ClassSlopes<float>(dsums, labels.channels, c);
    }
    return f;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row) const {
    const Index first = row * labels.channels;
    const auto values = load<kWidth>(p + first, at.count, p_aligned);
    const std::int32_t label = labels.at(row, 0);
    Values<float, kWidth> gradient;
    if (!labels.ignored(label)) {
      body::softmax_sums_gradient(values.at, f.slopes, label, at.count, gradient.at);
    }
    store(dx + first, gradient, at.count, dx_aligned, write);
  }
};

}  // namespace

template <class T>
std::size_t softmax_class_sums_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  const PixelTiles cut(pixels, channels);
  return scratch_bytes<double>(cut.chunks * 3 * channels) + kScratchAlignment;
}

template <class T>
void softmax_class_sums(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
                        std::optional<Index> ignore_index, View<Real<T>> p, double* sums,
                        std::span<std::byte> workspace) {
  const Index channels = x.c;
  const PixelTiles cut(x.pixels(), channels);
  double* const partial = Scratch(workspace).take<double>(cut.chunks * 3 * channels);
  const body::ClassLabels target(labels, channels, {.ignore_index = ignore_index});
  column_totals(CudaGrid(cuda), "softmax_class_sums", cut,
                SoftmaxSumTerms<T>{x.data, p.data, target, rows_fit(x.data, channels),
                                   rows_fit(p.data, channels)},
                partial, WriteClassSums{sums, channels});
}

template <class T>
void softmax_class_sums_backward(const Cuda& cuda, View<const Real<T>> p,
                                 const std::int32_t* labels, const double* dsums,
                                 std::optional<Index> ignore_index, View<T> dx, Write write) {
  const body::ClassLabels target(labels, p.c, {.ignore_index = ignore_index});
  column_map(CudaGrid(cuda), "softmax_class_sums_backward", PixelTiles(p.pixels(), p.c),
             SoftmaxSumGradient<T>{p.data, target, dsums, dx.data, write, rows_fit(p.data, p.c),
                                   rows_fit(dx.data, p.c)});
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void softmax_class_sums(const Cuda&, View<const T>, const std::int32_t*,               \
                                   std::optional<Index>, View<float>, double*,                    \
                                   std::span<std::byte>);                                         \
  template void softmax_class_sums_backward(const Cuda&, View<const float>, const std::int32_t*,  \
                                            const double*, std::optional<Index>, View<T>, Write); \
  template std::size_t softmax_class_sums_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
