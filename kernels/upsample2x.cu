// Memory traffic per element of y for bfloat16: x is read once from memory (and four times from the
// cache), so 2.5 bytes without a skip connection and at most 4 with one; the same for backward.

#include "kernels/upsample2x.hpp"

#include "kernels/cuda/rows.hpp"
#include "kernels/upsample2x_body.hpp"

namespace fpanet::kernels {
namespace {

/// One block per row of dx and the corresponding two rows of dskip.
template <class T>
struct UpsampleConcatGradientKernel {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;

  View<const T> dy;
  View<T> dx, dskip;
  Write write_dx, write_dskip;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index n = block.index / (dy.h / 2), a = block.index % (dy.h / 2);
    if (dx.data != nullptr) {
      const T* const from = dy.pixel(n, 2 * a, 0);
      T* const to = dx.pixel(n, a, 0);
      row_vectors<T>(block, dx.w, dx.c, [&](const RowPlace& at) {
        const T* const corner = from + 2 * at.x * dy.c + at.first;
        const auto tap = [&](Index u, Index v) {
          return load<kWidth>(corner + (u * dy.w + v) * dy.c, at.count, aligned);
        };
        const V taps[4] = {tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1)};
        V sum;
        FPANET_UNROLL
        for (int i = 0; i < kWidth; ++i) {
          sum.at[i] =
              body::upsample2x_sum(taps[0].at[i], taps[1].at[i], taps[2].at[i], taps[3].at[i]);
        }
        store(to + at.x * dx.c + at.first, sum, at.count, aligned, write_dx);
      });
    }
    if (dskip.data != nullptr) {
      const T* const from = dy.pixel(n, 2 * a, 0) + dy.c - dskip.c;
      T* const to = dskip.pixel(n, 2 * a, 0);
      row_vectors<T>(block, 2 * dy.w, dskip.c, [&](const RowPlace& at) {
        copy_vector(from + at.x * dy.c + at.first, to + at.x * dskip.c + at.first, at.count,
                    aligned, write_dskip);
      });
    }
  }
};

}  // namespace

template <class T>
void upsample2x_concat(const Cuda& cuda, View<const T> x, View<const T> skip, View<T> y) {
  const ConcatKernel<T, 2> kernel(x, skip, y);
  CudaGrid(cuda).run(skip.c == 0 ? "upsample2x" : "upsample2x_concat", kernel.blocks(), 0, kernel);
}

template <class T>
void upsample2x(const Cuda& cuda, View<const T> x, View<T> y) {
  upsample2x_concat<T>(cuda, x, {nullptr, y.n, 0, y.h, y.w}, y);
}

template <class T>
void upsample2x_concat_backward(const Cuda& cuda, View<const T> dy, View<T> dx, Write write_dx,
                                View<T> dskip, Write write_dskip) {
  const bool aligned = images_fit<T>(dy.c, dy.data, dx.data, dskip.data) &&
                       images_fit<T>(dskip.c, dskip.data, dy.data);
  CudaGrid(cuda).run(
      "upsample2x_backward", dy.n * (dy.h / 2), 0,
      UpsampleConcatGradientKernel<T>{dy, dx, dskip, write_dx, write_dskip, aligned});
}

template <class T>
void upsample2x_backward(const Cuda& cuda, View<const T> dy, View<T> dx, Write write) {
  upsample2x_concat_backward<T>(cuda, dy, dx, write, {nullptr, dy.n, 0, dy.h, dy.w}, write);
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void upsample2x(const Cuda&, View<const T>, View<T>);                                \
  template void upsample2x_backward(const Cuda&, View<const T>, View<T>, Write);                \
  template void upsample2x_concat(const Cuda&, View<const T>, View<const T>, View<T>);          \
  template void upsample2x_concat_backward(const Cuda&, View<const T>, View<T>, Write, View<T>, \
                                           Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
