#include "kernels/conv2d_level.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
Conv2dLevel<T> choose_level() {
  switch (cpu_level()) {
#if defined(__x86_64__)
    case CpuLevel::avx512_bf16:
    case CpuLevel::avx512:
      return conv2d_level_avx512<T>();
    case CpuLevel::avx2:
      return conv2d_level_avx2<T>();
#endif
    case CpuLevel::wide:
      return conv2d_level_wide<T>();
    default:
      return conv2d_level_generic<T>();
  }
}

template <class T>
WinogradKernels<T> choose_winograd() {
  switch (cpu_level()) {
#if defined(__x86_64__)
    case CpuLevel::avx512_bf16:
    case CpuLevel::avx512:
      return winograd_kernels_avx512<T>();
    case CpuLevel::avx2:
      return winograd_kernels_avx2<T>();
#endif
    case CpuLevel::wide:
      return winograd_kernels_wide<T>();
    default:
      return winograd_kernels_generic<T>();
  }
}

}  // namespace

template <class T>
const Conv2dLevel<T>& conv2d_level() {
  static const Conv2dLevel<T> level = choose_level<T>();
  return level;
}

template <class T>
const WinogradKernels<T>& winograd_kernels() {
  static const WinogradKernels<T> kernels = choose_winograd<T>();
  return kernels;
}

template const Conv2dLevel<float>& conv2d_level();
template const Conv2dLevel<double>& conv2d_level();
template const WinogradKernels<float>& winograd_kernels();
template const WinogradKernels<bfloat16>& winograd_kernels();

}  // namespace fpanet::kernels
