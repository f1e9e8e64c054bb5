#pragma once
// Vectors of 16 bytes in the portable vector extension of GCC and Clang: the fallback without
// ISA-specific code.
//
// Every simd/*.hpp defines one type per scalar with the same members. The bodies of the kernels are
// templates over that type. The vector types themselves provide the arithmetic operators.

#include <cstring>

#include "engine/core/shape.hpp"

namespace fpanet::kernels {

template <class T>
struct SimdGeneric {
  using Scalar = T;
  typedef T Vector __attribute__((vector_size(16)));
  static constexpr int kLanes = static_cast<int>(sizeof(Vector) / sizeof(T));
  static constexpr int kRegisters = 16;

  static Vector broadcast(T value) { return value - Vector{}; }
  static Vector load(const T* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(T* p, Vector v) { std::memcpy(p, &v, sizeof v); }
  /// The first `count` < kLanes elements. A load sets the others to 0; a store does not write them.
  static Vector load_partial(const T* p, Index count) {
    Vector v{};
    std::memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(T));
    return v;
  }
  static void store_partial(T* p, Vector v, Index count) {
    std::memcpy(p, &v, static_cast<std::size_t>(count) * sizeof(T));
  }
  /// kLanes bytes, widened to integers of the size of T.
  static auto load_bytes(const unsigned char* p) {
    typedef unsigned char Bytes __attribute__((vector_size(sizeof(Vector) / sizeof(T))));
    Bytes bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(bytes, decltype(Vector{} > Vector{}));
  }
  /// a * b + c, rounded twice; AVX2 and AVX-512 round once.
  static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  /// a > b ? a : b, that is b if either is NaN.
  static Vector max(Vector a, Vector b) { return a > b ? a : b; }
};

}  // namespace fpanet::kernels
