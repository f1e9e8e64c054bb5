#include "kernels/conv2d_level.hpp"

// Below the pragma only our own templates: no inline function of a standard header may be
// compiled for instructions that this processor might lack.
#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "kernels/cpu_simd_bf16_avx2.hpp"
#include "kernels/gemm_panel_body.hpp"
#include "kernels/winograd_tiles_body.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dLevel<T> conv2d_level_avx2() {
  using Simd = SimdAvx2<T>;
  return {GemmTile<Simd>::kWidth, kCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dLevel<float> conv2d_level_avx2();
template Conv2dLevel<double> conv2d_level_avx2();

template <class T>
WinogradKernels<T> winograd_kernels_avx2() {
  return WinogradTransforms<AnySimdAvx2<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_avx2();
template WinogradKernels<bfloat16> winograd_kernels_avx2();

}  // namespace fpanet::kernels
#pragma GCC pop_options
#endif
