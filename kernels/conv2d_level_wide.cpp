#include "kernels/conv2d_level.hpp"
#include "kernels/cpu_simd_bf16_wide.hpp"
#include "kernels/gemm_panel_body.hpp"
#include "kernels/winograd_tiles_body.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dLevel<T> conv2d_level_wide() {
  using Simd = SimdWide<T>;
  return {GemmTile<Simd>::kWidth, kLargeCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dLevel<float> conv2d_level_wide();
template Conv2dLevel<double> conv2d_level_wide();

template <class T>
WinogradKernels<T> winograd_kernels_wide() {
  return WinogradTransforms<AnySimdWide<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_wide();
template WinogradKernels<bfloat16> winograd_kernels_wide();

}  // namespace fpanet::kernels
