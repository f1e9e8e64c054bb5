#pragma once
// Loops over elements for the Cuda kernels: each thread computes vectors of 128 bits of the output.
// An output may be an input (in place) because element i reads only elements i.

#include <span>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/vector.hpp"

namespace fpanet::kernels {

/// y[i] (=|+=) f(x[0][i], ..., x[N-1][i]), where f takes and returns Real values.
template <class T, class In, int N, class F>
struct ElementwiseKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;

  const In* x[N];
  T* y;
  Index size;
  Write write;
  bool aligned;
  F f;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, divide_up(size, kWidth), [&](Index vector) {
      const Index first = vector * kWidth, rest = size - first;
      const int count = rest < kWidth ? static_cast<int>(rest) : kWidth;
      Values<Real<In>, kWidth> in[N];
      FPANET_UNROLL
      for (int k = 0; k < N; ++k) in[k] = load<kWidth>(x[k] + first, count, aligned);
      Values<Real<T>, kWidth> out;
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        if constexpr (N == 1) {
          out.at[i] = f(in[0].at[i]);
        } else {
          out.at[i] = f(in[0].at[i], in[1].at[i]);
        }
      }
      store(y + first, out, count, aligned, write);
    });
  }
};

/// Runs the loop; inputs have the length of y. Memory traffic: each input and y once (y twice when
/// accumulating).
template <class F, class T, class In, class... More>
void cuda_elementwise(const CudaGrid& grid, const char* name, std::span<T> y, Write write,
                      const F& f, std::span<const In> x, More... more) {
  using Kernel = ElementwiseKernel<T, In, 1 + sizeof...(More), F>;
  const auto size = static_cast<Index>(y.size());
  const auto fits = [](auto* p) { return vectors_fit<kVector<T>>(p, kVector<T>); };
  const bool aligned = fits(y.data()) && fits(x.data()) && (fits(more.data()) && ...);
  grid.run(name, stride_blocks(divide_up(size, kVector<T>), Kernel::kThreads), 0,
           Kernel{{x.data(), more.data()...}, y.data(), size, write, aligned, f});
}

}  // namespace fpanet::kernels
