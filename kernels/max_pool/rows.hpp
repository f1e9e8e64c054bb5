#pragma once
// Pooling of one row of pixels, once per instruction set (cpu_isa.hpp): max_pool_rows_*.cpp
// compile the same templates for each set. All give the same bits.

#include "kernels/max_pool.hpp"

namespace fpanet::kernels {

/// `row` counts the rows of all images: of y forward, of dx backward.
template <class T>
struct MaxPoolRows {
  void (*forward)(View<const T> x, PoolWindow window, View<T> y, std::uint8_t* winner, Index row);
  void (*backward)(View<const T> dy, const std::uint8_t* winner, PoolWindow window, View<T> dx,
                   Write write, Index row);
};

template <class T>
MaxPoolRows<T> max_pool_rows_generic();
template <class T>
MaxPoolRows<T> max_pool_rows_avx2();
template <class T>
MaxPoolRows<T> max_pool_rows_avx512();

}  // namespace fpanet::kernels
