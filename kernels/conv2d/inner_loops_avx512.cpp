#include "kernels/base/compiler.hpp"
#include "kernels/conv2d/inner_loops.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#include "kernels/conv2d/winograd_tiles_body.hpp"
#include "kernels/gemm/panel_body.hpp"
#include "kernels/simd/bf16_avx512.hpp"

namespace fpanet::kernels {

namespace {

// A half-used vector costs as much as a full one. FPA-Net's head, for example, has 7 columns.
template <class T>
void multiply(const GemmPanel<T>& p) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (p.n <= SimdAvx512Half::kLanes) return GemmTile<SimdAvx512Half>::multiply(p);
  }
  GemmTile<SimdAvx512<T>>::multiply(p);
}

}  // namespace

template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_avx512() {
  using Simd = SimdAvx512<T>;
  return {GemmTile<Simd>::kWidth, kLargeCacheNumel, multiply<T>,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dInnerLoops<float> conv2d_inner_loops_avx512();
template Conv2dInnerLoops<double> conv2d_inner_loops_avx512();

template <class T>
WinogradKernels<T> winograd_kernels_avx512() {
  return WinogradTransforms<AnySimdAvx512<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_avx512();
template WinogradKernels<bfloat16> winograd_kernels_avx512();

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
