#include "kernels/conv2d_level.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {

template <class T>
const Conv2dLevel<T>& conv2d_level() {
  static const Conv2dLevel<T> level =
      CpuForms<Conv2dLevel<T>>{.generic = conv2d_level_generic<T>,
                               .avx2 = FPANET_X86_FORM(conv2d_level_avx2<T>),
                               .avx512 = FPANET_X86_FORM(conv2d_level_avx512<T>),
                               .wide = conv2d_level_wide<T>}
          .choose();
  return level;
}

template <class T>
const WinogradKernels<T>& winograd_kernels() {
  static const WinogradKernels<T> kernels =
      CpuForms<WinogradKernels<T>>{.generic = winograd_kernels_generic<T>,
                                   .avx2 = FPANET_X86_FORM(winograd_kernels_avx2<T>),
                                   .avx512 = FPANET_X86_FORM(winograd_kernels_avx512<T>),
                                   .wide = winograd_kernels_wide<T>}
          .choose();
  return kernels;
}

template const Conv2dLevel<float>& conv2d_level();
template const Conv2dLevel<double>& conv2d_level();
template const WinogradKernels<float>& winograd_kernels();
template const WinogradKernels<bfloat16>& winograd_kernels();

}  // namespace fpanet::kernels
