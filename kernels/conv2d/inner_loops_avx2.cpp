#include "kernels/base/compiler.hpp"
#include "kernels/conv2d/inner_loops.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx2,fma")
#include "kernels/conv2d/winograd_tiles_body.hpp"
#include "kernels/gemm/panel_body.hpp"
#include "kernels/simd/bf16_avx2.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_avx2() {
  using Simd = SimdAvx2<T>;
  return {GemmTile<Simd>::kWidth, kCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dInnerLoops<float> conv2d_inner_loops_avx2();
template Conv2dInnerLoops<double> conv2d_inner_loops_avx2();

template <class T>
WinogradKernels<T> winograd_kernels_avx2() {
  return WinogradTransforms<AnySimdAvx2<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_avx2();
template WinogradKernels<bfloat16> winograd_kernels_avx2();

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
