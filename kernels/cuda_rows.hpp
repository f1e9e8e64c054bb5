#pragma once
// Images by rows for the Cuda halves: a block takes one row of an image, its threads the row's
// vectors of channels.

#include "kernels/cuda_launch.cuh"
#include "kernels/cuda_vector.hpp"

namespace fpanet::kernels {

inline constexpr int kRowThreads = 256;

/// Vectors that `channels` are cut into, the last one maybe partial.
template <class T>
FPANET_HD constexpr int channel_vectors(Index channels) {
  return static_cast<int>(divide_up(channels, kVector<T>));
}

/// Channels [first, first + count) of pixel `x` of a row.
struct RowPlace {
  Index x = 0, first = 0;
  int count = 0;
};

/// f(place) for all vectors of a row of `width` pixels (a row has less than 2^31 elements).
template <class T, class Block, class F>
FPANET_HD inline void row_vectors(const Block& block, Index width, Index channels, const F& f) {
  const int vectors = channel_vectors<T>(channels);
  block_stride(block, width * vectors, [&](int i) {
    const Index first = Index{i % vectors} * kVector<T>, rest = channels - first;
    f(RowPlace{i / vectors, first, rest < kVector<T> ? static_cast<int>(rest) : kVector<T>});
  });
}

/// to (=|+=) from at one place of a row.
template <class T>
FPANET_HD inline void copy_vector(const T* from, T* to, int count, bool aligned, Write write) {
  store(to, load<kVector<T>>(from, count, aligned), count, aligned, write);
}

}  // namespace fpanet::kernels
