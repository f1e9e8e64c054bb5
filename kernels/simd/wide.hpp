#pragma once
// Vectors of 64 bytes composed of four portable vectors. They run the block shapes of AVX-512 on
// any machine, so that these are tested without AVX-512.

#include "kernels/simd/generic.hpp"

namespace fpanet::kernels {

template <class T>
struct SimdWide {
  using Scalar = T;
  using Quarter = SimdGeneric<T>;
  static constexpr int kParts = 4;
  static constexpr int kLanes = kParts * Quarter::kLanes;
  static constexpr int kRegisters = 32;

  struct Vector {
    typename Quarter::Vector part[kParts] = {};

    template <class F>
    static Vector each(F&& f) {
      Vector v;
      for (int i = 0; i < kParts; ++i) v.part[i] = f(i);
      return v;
    }
    friend Vector operator+(const Vector& a, const Vector& b) {
      return each([&](int i) { return a.part[i] + b.part[i]; });
    }
    friend Vector operator-(const Vector& a, const Vector& b) {
      return each([&](int i) { return a.part[i] - b.part[i]; });
    }
    friend Vector operator*(const Vector& a, const Vector& b) {
      return each([&](int i) { return a.part[i] * b.part[i]; });
    }
  };

  static Vector broadcast(T value) {
    return Vector::each([&](int) { return Quarter::broadcast(value); });
  }
  static Vector load(const T* p) {
    return Vector::each([&](int i) { return Quarter::load(p + i * Quarter::kLanes); });
  }
  static void store(T* p, const Vector& v) { std::memcpy(p, v.part, sizeof v.part); }
  static Vector load_partial(const T* p, Index count) {
    Vector v;
    std::memcpy(v.part, p, static_cast<std::size_t>(count) * sizeof(T));
    return v;
  }
  static void store_partial(T* p, const Vector& v, Index count) {
    std::memcpy(p, v.part, static_cast<std::size_t>(count) * sizeof(T));
  }
  static Vector multiply_add(const Vector& a, const Vector& b, const Vector& c) {
    return a * b + c;
  }
  static Vector max(const Vector& a, const Vector& b) {
    return Vector::each([&](int i) { return Quarter::max(a.part[i], b.part[i]); });
  }
};

}  // namespace fpanet::kernels
