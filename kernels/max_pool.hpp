#pragma once
// Maximum over square windows.
//
//   y[n,c,i,j]  = max over (u,v) of x[n, c, i*s + u - p, j*s + v - p]; x is -inf outside the image
//   dx[n,c,a,b] = sum of dy[n,c,i,j] over the windows (i,j) whose winner is (a,b)
//
// x (N,C,H,W), y (N,C,OH,OW), OH = floor((H + 2p - K)/s) + 1, p <= K/2. The first maximum in scan
// order wins; a NaN wins over every number. `winner`, one byte u*K + v per output (K <= 15), is
// saved for backward. Source: torch.nn.MaxPool2d.

#include <cstdint>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

struct PoolWindow {
  Index kernel = 3, stride = 2, padding = 1;

  Index outputs(Index size) const { return (size + 2 * padding - kernel) / stride + 1; }
};

template <class T>
void max_pool(const Cpu& cpu, View<const T> x, PoolWindow window, View<T> y, std::uint8_t* winner);
template <class T>
void max_pool(const Cuda& cuda, View<const T> x, PoolWindow window, View<T> y,
              std::uint8_t* winner);

template <class T>
void max_pool_backward(const Cpu& cpu, View<const T> dy, const std::uint8_t* winner,
                       PoolWindow window, View<T> dx, Write write);
template <class T>
void max_pool_backward(const Cuda& cuda, View<const T> dy, const std::uint8_t* winner,
                       PoolWindow window, View<T> dx, Write write);

}  // namespace fpanet::kernels
