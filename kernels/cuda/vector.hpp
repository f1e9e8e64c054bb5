#pragma once
// Loads and stores vectors of 128 bits: 4 floats or 8 bfloat16, which one thread of a Cuda kernel
// processes at a time. In registers every value is a Real<T>.

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/base/body.hpp"

#ifndef __CUDACC__
#include "engine/core/error.hpp"
#endif

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

/// Ends a test in which an access that a GPU would refuse as misaligned is emulated.
inline void check_alignment([[maybe_unused]] const void* address,
                            [[maybe_unused]] std::size_t alignment) {
#ifndef __CUDACC__
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  require(
      value % alignment == 0,
      "a kernel accesses a vector at address {:#x}, which is not a multiple of {}: its `aligned` "
      "does not describe its pointers",
      value, alignment);
#endif
}

/// In pieces that compilers copy in registers: tests/races sees such accesses, but no call of memcpy.
inline void copy_words(void* to, const void* from, int bytes) {
  for (int i = 0; i < bytes; i += 4) {
    std::uint32_t word;
    std::memcpy(&word, static_cast<const std::byte*>(from) + i, sizeof word);
    std::memcpy(static_cast<std::byte*>(to) + i, &word, sizeof word);
  }
}

/// One load from an aligned address, or several above 128 bits.
template <int Bytes>
FPANET_HD inline Words<Bytes> load_words(const void* from) {
  Words<Bytes> words;
#ifdef __CUDA_ARCH__
  words = *static_cast<const Words<Bytes>*>(from);
#else
  check_alignment(from, alignof(Words<Bytes>));
  copy_words(&words, from, Bytes);
#endif
  return words;
}

/// One store to an aligned address of global memory, or several above 128 bits. It is spelt in PTX
/// because nvcc divides the copy of four words into four stores where the branches around it are
/// merged, and each sector of 32 bytes is then written several times.
template <int Bytes>
FPANET_HD inline void store_words(void* to, const Words<Bytes>& words) {
#ifdef __CUDA_ARCH__
  if constexpr (Bytes % 16 == 0) {
    FPANET_UNROLL
    for (int i = 0; i < Bytes / 4; i += 4) {
      asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(
                       __cvta_generic_to_global(static_cast<std::uint32_t*>(to) + i)),
                   "r"(words.at[i]), "r"(words.at[i + 1]), "r"(words.at[i + 2]),
                   "r"(words.at[i + 3])
                   : "memory");
    }
  } else if constexpr (Bytes == 8) {
    asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(__cvta_generic_to_global(to)),
                 "r"(words.at[0]), "r"(words.at[1])
                 : "memory");
  } else {
    *static_cast<Words<Bytes>*>(to) = words;
  }
#else
  check_alignment(to, alignof(Words<Bytes>));
  copy_words(to, &words, Bytes);
#endif
}

/// The first `count` elements at `from`, one by one; zeros follow.
template <int Bytes, class T>
FPANET_HD inline Words<Bytes> gather_words(const T* from, int count) {
  constexpr int kPerWord = 4 / static_cast<int>(sizeof(T));
  Words<Bytes> words;
  FPANET_UNROLL
  for (int i = 0; i < Bytes / 4; ++i) words.at[i] = 0;
  FPANET_UNROLL
  for (int i = 0; i < kPerWord * Bytes / 4; ++i) {
    if (i >= count) continue;
    std::uint32_t bits;
    if constexpr (std::is_same_v<T, float>) {
      bits = std::bit_cast<std::uint32_t>(from[i]);
    } else if constexpr (std::is_same_v<T, bfloat16>) {
      bits = from[i].bits;
    } else {
      bits = from[i];
    }
    words.at[i / kPerWord] |= bits << (i % kPerWord * 8 * static_cast<int>(sizeof(T)));
  }
  return words;
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

/// N elements of T as they are in memory: what a thread holds of a row before it computes.
template <int N, class T>
struct Loaded {
  detail::Words<N* static_cast<int>(sizeof(T))> words = {};

  FPANET_HD Values<Real<T>, N> values() const {
    Values<Real<T>, N> values;
    detail::unpack(words, values, T());
    return values;
  }
};

/// The first `count` of N elements at `from`; the rest are zeros. `aligned` means that `from` is a
/// multiple of the size of N elements; then all N elements are readable, and one load reads them.
/// Both branches only load. Conversion follows where they join, so that the GPU does not wait for
/// one load before it issues the next.
template <int N, class T>
FPANET_HD inline Loaded<N, T> read(const T* from, int count, bool aligned) {
  constexpr int kBytes = N * static_cast<int>(sizeof(T));
  if (aligned && count == N) return {detail::load_words<kBytes>(from)};
  return {detail::gather_words<kBytes>(from, count)};
}

template <int N, class T>
FPANET_HD inline Values<Real<T>, N> load(const T* from, int count, bool aligned) {
  return read<N>(from, count, aligned).values();
}

/// Stores to global memory the first `count` values; `aligned` as above.
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

/// Whether vectors of these arrays of floats (null if absent) can be read, whatever their length:
/// above 128 bits they are read in parts.
template <class... P>
bool vectors_of_floats_fit(const P*... data) {
  return ((reinterpret_cast<std::uintptr_t>(data) % 16 == 0) && ...);
}

/// Whether images with this number of channels at these addresses (null if absent) can be read in
/// vectors.
template <class T, class... P>
bool images_fit(Index channels, const P*... data) {
  return ((data == nullptr || vectors_fit<kVector<T>>(data, channels)) && ...);
}

}  // namespace fpanet::kernels
