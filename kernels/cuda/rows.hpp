#pragma once
// Processes images by rows for the Cuda kernels: a block takes one row of an image, its threads
// take the row's vectors of channels.

#include "engine/core/view.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/vector.hpp"

namespace fpanet::kernels {

inline constexpr int kRowThreads = 256;

/// Number of vectors that `channels` are divided into; the last one may be partial.
template <class T>
FPANET_HD constexpr int channel_vectors(Index channels) {
  return static_cast<int>(divide_up(channels, kVector<T>));
}

/// Channels [first, first + count) of pixel `x` of a row.
struct RowPlace {
  Index x = 0, first = 0;
  int count = 0;
};

/// Calls f(place) for all vectors of a row of `width` pixels (a row has less than 2^31 elements).
template <class T, class Block, class F>
FPANET_HD inline void row_vectors(const Block& block, Index width, Index channels, const F& f) {
  const int vectors = channel_vectors<T>(channels);
  block_stride(block, width * vectors, [&](int i) {
    const Index first = Index{i % vectors} * kVector<T>, rest = channels - first;
    f(RowPlace{i / vectors, first, rest < kVector<T> ? static_cast<int>(rest) : kVector<T>});
  });
}

/// to (=|+=) from, at one place of a row.
template <class T>
FPANET_HD inline void copy_vector(const T* from, T* to, int count, bool aligned, Write write) {
  store(to, load<kVector<T>>(from, count, aligned), count, aligned, write);
}

/// y = a and b concatenated along the channels, where each pixel of a is repeated kEnlarge times in
/// both directions. b may have no channels. One block per row of y.
template <class T, int kEnlarge>
struct ConcatKernel {
  static constexpr int kThreads = kRowThreads;

  View<const T> a, b;
  View<T> y;
  bool aligned;

  ConcatKernel(View<const T> first, View<const T> second, View<T> joined)
      : a(first),
        b(second),
        y(joined),
        aligned(images_fit<T>(a.c, a.data) && images_fit<T>(b.c, b.data, y.data)) {}

  Index blocks() const { return y.n * y.h; }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index n = block.index / y.h, i = block.index % y.h;
    T* const to = y.pixel(n, i, 0);
    take(block, a.pixel(n, i / kEnlarge, 0), a.c, kEnlarge, to);
    take(block, b.pixel(n, i, 0), b.c, 1, to + a.c);
  }

 private:
  template <class Block>
  FPANET_HD void take(const Block& block, const T* from, Index channels, int enlarge, T* to) const {
    row_vectors<T>(block, y.w, channels, [&](const RowPlace& at) {
      copy_vector(from + at.x / enlarge * channels + at.first, to + at.x * y.c + at.first, at.count,
                  aligned, Write::assign);
    });
  }
};

}  // namespace fpanet::kernels
