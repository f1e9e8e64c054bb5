#pragma once
// Loads and stores vectors of 128 bits: 4 floats or 8 bfloat16, which one thread of a Cuda kernel
// processes at a time. In registers every value is a Real<T>.

#include <bit>
#include <cstdint>
#include <cstring>

#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Number of elements in a vector of T.
template <class T>
inline constexpr int kVector = 16 / static_cast<int>(sizeof(T));

/// N values of a vector, in registers.
template <class R, int N>
struct Values {
  R at[N] = {};
};

namespace detail {

template <int Bytes>
struct alignas(Bytes < 16 ? Bytes : 16) Words {
  std::uint32_t at[Bytes / 4];
};

/// One load from an aligned address, or several above 128 bits.
template <int Bytes>
FPANET_HD inline Words<Bytes> load_words(const void* from) {
#ifdef __CUDA_ARCH__
  return *static_cast<const Words<Bytes>*>(from);
#else
  Words<Bytes> words;
  std::memcpy(&words, from, Bytes);
  return words;
#endif
}

template <int Bytes>
FPANET_HD inline void store_words(void* to, const Words<Bytes>& words) {
#ifdef __CUDA_ARCH__
  *static_cast<Words<Bytes>*>(to) = words;
#else
  std::memcpy(to, &words, Bytes);
#endif
}

template <int N, int Bytes>
FPANET_HD inline void unpack(const Words<Bytes>& words, Values<float, N>& values, float /*like*/) {
  FPANET_UNROLL
  for (int i = 0; i < N; ++i) values.at[i] = std::bit_cast<float>(words.at[i]);
}

template <int N, int Bytes>
FPANET_HD inline void unpack(const Words<Bytes>& words, Values<float, N>& values,
                             bfloat16 /*like*/) {
  FPANET_UNROLL
  for (int i = 0; i < N / 2; ++i) {
    values.at[2 * i] = std::bit_cast<float>(words.at[i] << 16);
    values.at[2 * i + 1] = std::bit_cast<float>(words.at[i] & 0xffff0000u);
  }
}

template <int N, int Bytes>
FPANET_HD inline void unpack(const Words<Bytes>& words, Values<std::uint8_t, N>& values,
                             std::uint8_t /*like*/) {
  FPANET_UNROLL
  for (int i = 0; i < N; ++i) {
    values.at[i] = static_cast<std::uint8_t>(words.at[i / 4] >> (8 * (i % 4)));
  }
}

template <int N, int Bytes>
FPANET_HD inline void pack(const Values<float, N>& values, Words<Bytes>& words, float /*like*/) {
  FPANET_UNROLL
  for (int i = 0; i < N; ++i) words.at[i] = std::bit_cast<std::uint32_t>(values.at[i]);
}

template <int N, int Bytes>
FPANET_HD inline void pack(const Values<float, N>& values, Words<Bytes>& words, bfloat16 /*like*/) {
  FPANET_UNROLL
  for (int i = 0; i < N / 2; ++i) {
    const std::uint32_t low = bfloat16(values.at[2 * i]).bits;
    const std::uint32_t high = bfloat16(values.at[2 * i + 1]).bits;
    words.at[i] = low | high << 16;
  }
}

template <int N, int Bytes>
FPANET_HD inline void pack(const Values<std::uint8_t, N>& values, Words<Bytes>& words,
                           std::uint8_t /*like*/) {
  FPANET_UNROLL
  for (int i = 0; i < N / 4; ++i) words.at[i] = 0;
  FPANET_UNROLL
  for (int i = 0; i < N; ++i) {
    words.at[i / 4] |= static_cast<std::uint32_t>(values.at[i]) << (8 * (i % 4));
  }
}

}  // namespace detail

/// The first `count` of N values at `from`; the rest are zeros. `aligned` means that `from` is a
/// multiple of the size of N elements; then all N elements are readable, and one load reads them.
template <int N, class T>
FPANET_HD inline Values<Real<T>, N> load(const T* from, int count, bool aligned) {
  Values<Real<T>, N> values;
  if (aligned && count == N) {
    detail::unpack(detail::load_words<N* static_cast<int>(sizeof(T))>(from), values, T());
  } else {
    FPANET_UNROLL
    for (int i = 0; i < N; ++i) {
      if (i < count) values.at[i] = static_cast<Real<T>>(from[i]);
    }
  }
  return values;
}

template <int N, class T>
FPANET_HD inline void store(T* to, const Values<Real<T>, N>& values, int count, bool aligned) {
  if (aligned && count == N) {
    detail::Words<N* static_cast<int>(sizeof(T))> words;
    detail::pack(values, words, T());
    detail::store_words(to, words);
  } else {
    FPANET_UNROLL
    for (int i = 0; i < N; ++i) {
      if (i < count) to[i] = static_cast<T>(values.at[i]);
    }
  }
}

/// to (=|+=) values; the sum is computed in Real<T> and rounded once.
template <int N, class T>
FPANET_HD inline void store(T* to, const Values<Real<T>, N>& values, int count, bool aligned,
                            Write write) {
  if (write == Write::assign) return store(to, values, count, aligned);
  Values<Real<T>, N> sum = load<N>(static_cast<const T*>(to), count, aligned);
  FPANET_UNROLL
  for (int i = 0; i < N; ++i) sum.at[i] += values.at[i];
  store(to, sum, count, aligned);
}

/// Whether rows of `row_elements` starting at `p` can be divided into aligned vectors of N
/// elements.
template <int N, class T>
bool vectors_fit(const T* p, Index row_elements) {
  return row_elements % N == 0 &&
         reinterpret_cast<std::uintptr_t>(p) % (static_cast<std::size_t>(N) * sizeof(T)) == 0;
}

/// Whether images with this number of channels at these addresses (null if absent) can be read in
/// vectors.
template <class T, class... P>
bool images_fit(Index channels, const P*... data) {
  return ((data == nullptr || vectors_fit<kVector<T>>(data, channels)) && ...);
}

}  // namespace fpanet::kernels
