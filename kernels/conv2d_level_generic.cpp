#include "kernels/conv2d_level.hpp"
#include "kernels/cpu_simd_bf16_generic.hpp"
#include "kernels/gemm_panel_body.hpp"
#include "kernels/winograd_tiles_body.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dLevel<T> conv2d_level_generic() {
  using Simd = SimdGeneric<T>;
  return {GemmTile<Simd>::kWidth, kCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dLevel<float> conv2d_level_generic();
template Conv2dLevel<double> conv2d_level_generic();

template <class T>
WinogradKernels<T> winograd_kernels_generic() {
  return WinogradTransforms<AnySimdGeneric<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_generic();
template WinogradKernels<bfloat16> winograd_kernels_generic();

}  // namespace fpanet::kernels
