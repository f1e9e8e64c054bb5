#include "kernels/concat.hpp"

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {
namespace {

/// part (=|+=) channels [first, first + part.c) of pixels [begin, end).
template <class T>
void take_channels(View<const T> whole, Index first, View<T> part, Index begin, Index end,
                   Write write) {
  with_constant(write, [&](auto constant_write) {
    const Index channels = part.c;
    for (Index p = begin; p < end; ++p) {
      const T* const from = whole.data + p * whole.c + first;
      T* const to = part.data + p * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) store(to[c], real(from[c]), constant_write);
    }
  });
}

Index chunk_pixels(Index channels) {
  return std::max<Index>(1, kElementwiseChunk / channels);
}

}  // namespace

template <class T>
void concat(const Cpu& cpu, View<const T> a, View<const T> b, View<T> y) {
  parallel_chunks(cpu, y.pixels(), chunk_pixels(y.c), [&](Index begin, Index end, Index) {
    for (Index p = begin; p < end; ++p) {
      T* const rest = std::copy_n(a.data + p * a.c, a.c, y.data + p * y.c);
      std::copy_n(b.data + p * b.c, b.c, rest);
    }
  });
}

template <class T>
void concat_backward(const Cpu& cpu, View<const T> dy, View<T> da, Write write_da, View<T> db,
                     Write write_db) {
  parallel_chunks(cpu, dy.pixels(), chunk_pixels(dy.c), [&](Index begin, Index end, Index) {
    if (da.data != nullptr) take_channels(dy, 0, da, begin, end, write_da);
    if (db.data != nullptr) take_channels(dy, dy.c - db.c, db, begin, end, write_db);
  });
}

#define FPANET_INSTANTIATE(T)                                              \
  template void concat(const Cpu&, View<const T>, View<const T>, View<T>); \
  template void concat_backward(const Cpu&, View<const T>, View<T>, Write, View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
