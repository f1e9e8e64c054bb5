#include "kernels/conv2d/inner_loops.hpp"

#if defined(__aarch64__)
#include "kernels/conv2d/winograd_tiles_body.hpp"
#include "kernels/gemm/panel_body.hpp"
#include "kernels/simd/bf16_neon.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_neon() {
  using Simd = SimdNeon<T>;
  return {GemmTile<Simd>::kWidth, kCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dInnerLoops<float> conv2d_inner_loops_neon();
template Conv2dInnerLoops<double> conv2d_inner_loops_neon();

template <class T>
WinogradKernels<T> winograd_kernels_neon() {
  return WinogradTransforms<AnySimdNeon<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_neon();
template WinogradKernels<bfloat16> winograd_kernels_neon();

}  // namespace fpanet::kernels
#endif
