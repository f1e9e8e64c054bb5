#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/conv2d/winograd_tiles_body.hpp"
#include "kernels/gemm/panel_body.hpp"
#include "kernels/simd/bf16_wide.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_wide() {
  using Simd = SimdWide<T>;
  return {GemmTile<Simd>::kWidth, kLargeCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dInnerLoops<float> conv2d_inner_loops_wide();
template Conv2dInnerLoops<double> conv2d_inner_loops_wide();

template <class T>
WinogradKernels<T> winograd_kernels_wide() {
  return WinogradTransforms<AnySimdWide<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_wide();
template WinogradKernels<bfloat16> winograd_kernels_wide();

}  // namespace fpanet::kernels
