#pragma once
// Pools each channel of each image to one number.
//
//   average  y[n,c] = sum_p x[n,c,p] / P     dx[n,c,p] = dy[n,c] / P
//   maximum  y[n,c] = max_p x[n,c,p]         dx[n,c,p] = p is the winner ? dy[n,c] : 0
//
// x (N,C,H,W), P = H*W, y (N,C) row-major. The first maximum wins. `winner`, one i32 per output, is
// saved for backward. Source: torch.nn.AdaptiveAvgPool2d(1), AdaptiveMaxPool2d(1).

#include <cstdint>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void global_avg_pool(const Cpu& cpu, View<const T> x, T* y);
template <class T>
void global_avg_pool(const Cuda& cuda, View<const T> x, T* y);
template <class T>
void global_avg_pool_backward(const Cpu& cpu, const T* dy, View<T> dx, Write write);
template <class T>
void global_avg_pool_backward(const Cuda& cuda, const T* dy, View<T> dx, Write write);

template <class T>
void global_max_pool(const Cpu& cpu, View<const T> x, T* y, std::int32_t* winner);
template <class T>
void global_max_pool(const Cuda& cuda, View<const T> x, T* y, std::int32_t* winner);
template <class T>
void global_max_pool_backward(const Cpu& cpu, const T* dy, const std::int32_t* winner, View<T> dx,
                              Write write);
template <class T>
void global_max_pool_backward(const Cuda& cuda, const T* dy, const std::int32_t* winner, View<T> dx,
                              Write write);

}  // namespace fpanet::kernels
