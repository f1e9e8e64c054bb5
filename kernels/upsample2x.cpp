#include "kernels/upsample2x.hpp"

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/upsample2x_body.hpp"

namespace fpanet::kernels {
namespace {

/// dx (=|+=) the gradient of upsample2x. The pixels of dy may have more channels than those of dx.
template <class T>
void upsampled_gradient_row(View<const T> dy, View<T> dx, Index n, Index a, Write write) {
  with_constant(write, [&](auto constant_write) {
    const Index column = dy.c, row = dy.w * dy.c, channels = dx.c;
    for (Index b = 0; b < dx.w; ++b) {
      const T* const from = dy.pixel(n, 2 * a, 2 * b);
      T* const to = dx.pixel(n, a, b);
#pragma omp simd
      for (Index c = 0; c < channels; ++c) {
        store(to[c], body::upsample2x_gradient(from + c, column, row), constant_write);
      }
    }
  });
}

/// dskip (=|+=) the last channels of two rows of dy.
template <class T>
void skip_gradient_rows(View<const T> dy, View<T> dskip, Index n, Index first_row, Write write) {
  with_constant(write, [&](auto constant_write) {
    const Index before = dy.c - dskip.c, channels = dskip.c;
    for (Index p = 0; p < 2 * dy.w; ++p) {
      const T* const from = dy.pixel(n, first_row, 0) + p * dy.c + before;
      T* const to = dskip.pixel(n, first_row, 0) + p * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) store(to[c], real(from[c]), constant_write);
    }
  });
}

}  // namespace

template <class T>
void upsample2x(const Cpu& cpu, View<const T> x, View<T> y) {
  upsample2x_concat(cpu, x, View<const T>{nullptr, y.n, 0, y.h, y.w}, y);
}

template <class T>
void upsample2x_backward(const Cpu& cpu, View<const T> dy, View<T> dx, Write write) {
  parallel_for(cpu, dx.n * dx.h,
               [&](Index row) { upsampled_gradient_row(dy, dx, row / dx.h, row % dx.h, write); });
}

template <class T>
void upsample2x_concat(const Cpu& cpu, View<const T> x, View<const T> skip, View<T> y) {
  parallel_for(cpu, y.n * y.h, [&](Index row) {
    const Index n = row / y.h, i = row % y.h;
    for (Index j = 0; j < y.w; ++j) {
      T* const rest = std::copy_n(x.pixel(n, i / 2, j / 2), x.c, y.pixel(n, i, j));
      std::copy_n(skip.pixel(n, i, j), skip.c, rest);
    }
  });
}

template <class T>
void upsample2x_concat_backward(const Cpu& cpu, View<const T> dy, View<T> dx, Write write_dx,
                                View<T> dskip, Write write_dskip) {
  parallel_for(cpu, dy.n * dy.h / 2, [&](Index row) {
    const Index n = row / (dy.h / 2), a = row % (dy.h / 2);
    if (dx.data != nullptr) upsampled_gradient_row(dy, dx, n, a, write_dx);
    if (dskip.data != nullptr) skip_gradient_rows(dy, dskip, n, 2 * a, write_dskip);
  });
}

#define FPANET_INSTANTIATE(T)                                                                  \
  template void upsample2x(const Cpu&, View<const T>, View<T>);                                \
  template void upsample2x_backward(const Cpu&, View<const T>, View<T>, Write);                \
  template void upsample2x_concat(const Cpu&, View<const T>, View<const T>, View<T>);          \
  template void upsample2x_concat_backward(const Cpu&, View<const T>, View<T>, Write, View<T>, \
                                           Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
