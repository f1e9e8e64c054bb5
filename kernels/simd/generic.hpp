#pragma once
// Vectors of 16 bytes in GCC's and Clang's portable vector extension: the fallback level.
//
// Every simd/*.hpp defines one type per scalar with the same members; the bodies of the
// convolution kernels are templates over it. Arithmetic operators come with the vector types.

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
  /// The first `count` < kLanes elements; the others read as 0 and are not written.
  static Vector load_partial(const T* p, Index count) {
    Vector v{};
    std::memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(T));
    return v;
  }
  static void store_partial(T* p, Vector v, Index count) {
    std::memcpy(p, &v, static_cast<std::size_t>(count) * sizeof(T));
  }
  /// kLanes bytes as integers as wide as T.
  static auto load_bytes(const unsigned char* p) {
    typedef unsigned char Bytes __attribute__((vector_size(sizeof(Vector) / sizeof(T))));
    Bytes bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(bytes, decltype(Vector{} > Vector{}));
  }
  /// a * b + c, rounded twice; the other levels round once.
  static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  /// a > b ? a : b, so b where one of them is NaN.
  static Vector max(Vector a, Vector b) { return a > b ? a : b; }
};

}  // namespace fpanet::kernels
