#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/conv2d/winograd_tiles_body.hpp"
#include "kernels/gemm/panel_body.hpp"
#include "kernels/simd/bf16_generic.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_generic() {
  using Simd = SimdGeneric<T>;
  return {GemmTile<Simd>::kWidth, kCacheNumel, GemmTile<Simd>::multiply,
          ChannelSummation<Simd, T>::add_pixels};
}
template Conv2dInnerLoops<float> conv2d_inner_loops_generic();
template Conv2dInnerLoops<double> conv2d_inner_loops_generic();

template <class T>
WinogradKernels<T> winograd_kernels_generic() {
  return WinogradTransforms<AnySimdGeneric<T>, T>::kernels();
}
template WinogradKernels<float> winograd_kernels_generic();
template WinogradKernels<bfloat16> winograd_kernels_generic();

}  // namespace fpanet::kernels
