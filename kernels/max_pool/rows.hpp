#pragma once
// Pooling of one row of pixels, once per ISA (simd/cpu_isa.hpp): max_pool/rows_*.cpp compile the
// same templates for each ISA. All give the same bits.

#include "kernels/max_pool.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

/// `row` is the row number over all images: a row of y in forward, of dx in backward.
template <class T>
struct MaxPoolRows {
  void (*forward)(View<const T> x, PoolWindow window, View<T> y, std::uint8_t* winner, Index row);
  void (*backward)(View<const T> dy, const std::uint8_t* winner, PoolWindow window, View<T> dx,
                   Write write, Index row);
};

template <class T>
CpuVariants<MaxPoolRows<T>> max_pool_rows_variants();

template <class T>
MaxPoolRows<T> max_pool_rows_generic();
template <class T>
MaxPoolRows<T> max_pool_rows_avx2();
template <class T>
MaxPoolRows<T> max_pool_rows_avx512();
template <class T>
MaxPoolRows<T> max_pool_rows_neon();

}  // namespace fpanet::kernels
