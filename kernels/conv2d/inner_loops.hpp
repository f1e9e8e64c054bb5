#pragma once
// The inner loops of the convolutions, once per instruction set (cpu_isa.hpp).
//
// inner_loops_*.cpp compile the same templates for each set inside one library; which set runs is
// decided at run time.

#include "kernels/conv2d/channel_sums.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"
#include "kernels/gemm/panel.hpp"

namespace fpanet::kernels {

/// Conv2dInnerLoops::cache_numel for an L2 of 512 KiB, and of 1 MiB as every processor with AVX-512 has.
inline constexpr Index kCacheNumel = 64 * 1024, kLargeCacheNumel = 128 * 1024;

template <class T>
struct Conv2dInnerLoops {
  Index width;        ///< most columns of a GemmPanel; packed weights come in panels this wide
  Index cache_numel;  ///< elements of transformed tiles that a task works on at a time
  void (*multiply)(const GemmPanel<T>&);
  /// Adds `pixels` pixels of y, `pixel` elements apart, to the sums of a panel's channels.
  void (*add_pixels)(const T* y, Index pixel, Index pixels, Index channels, ChannelSums<T>& sums);
};

/// The set that cpu_isa() names.
template <class T>
const Conv2dInnerLoops<T>& conv2d_inner_loops();

/// Winograd's transforms of float or bfloat16 images in the same set.
template <class T>
const WinogradKernels<T>& winograd_kernels();

template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_generic();
template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_wide();
template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_avx2();
template <class T>
Conv2dInnerLoops<T> conv2d_inner_loops_avx512();

template <class T>
WinogradKernels<T> winograd_kernels_generic();
template <class T>
WinogradKernels<T> winograd_kernels_wide();
template <class T>
WinogradKernels<T> winograd_kernels_avx2();
template <class T>
WinogradKernels<T> winograd_kernels_avx512();

}  // namespace fpanet::kernels
