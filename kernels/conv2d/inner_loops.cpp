#include "kernels/conv2d/inner_loops.hpp"

namespace fpanet::kernels {

template <class T>
CpuVariants<Conv2dInnerLoops<T>> conv2d_inner_loops_variants() {
  return {.generic = conv2d_inner_loops_generic<T>,
          .avx2 = FPANET_X86_ONLY(conv2d_inner_loops_avx2<T>),
          .avx512 = FPANET_X86_ONLY(conv2d_inner_loops_avx512<T>),
          .neon = FPANET_ARM_ONLY(conv2d_inner_loops_neon<T>),
          .wide = FPANET_WIDE_ONLY(conv2d_inner_loops_wide<T>)};
}

template <class T>
const Conv2dInnerLoops<T>& conv2d_inner_loops() {
  static const Conv2dInnerLoops<T> loops = conv2d_inner_loops_variants<T>().choose();
  return loops;
}

template <class T>
const WinogradKernels<T>& winograd_kernels() {
  static const WinogradKernels<T> kernels =
      CpuVariants<WinogradKernels<T>>{.generic = winograd_kernels_generic<T>,
                                      .avx2 = FPANET_X86_ONLY(winograd_kernels_avx2<T>),
                                      .avx512 = FPANET_X86_ONLY(winograd_kernels_avx512<T>),
                                      .neon = FPANET_ARM_ONLY(winograd_kernels_neon<T>),
                                      .wide = FPANET_WIDE_ONLY(winograd_kernels_wide<T>)}
          .choose();
  return kernels;
}

template CpuVariants<Conv2dInnerLoops<float>> conv2d_inner_loops_variants();
template CpuVariants<Conv2dInnerLoops<double>> conv2d_inner_loops_variants();
template const Conv2dInnerLoops<float>& conv2d_inner_loops();
template const Conv2dInnerLoops<double>& conv2d_inner_loops();
template const WinogradKernels<float>& winograd_kernels();
template const WinogradKernels<bfloat16>& winograd_kernels();

}  // namespace fpanet::kernels
