#pragma once
// The inner loops of the convolutions, once per ISA (simd/cpu_isa.hpp).
//
// conv2d/inner_loops_*.cpp compile the same templates for each ISA inside one library. The ISA is
// chosen at run time.

#include "kernels/conv2d/channel_sums.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"
#include "kernels/gemm/panel.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

/// Values of Conv2dInnerLoops::cache_numel for an L2 of 512 KiB, and for the 1 MiB of every
/// processor with AVX-512.
inline constexpr Index kCacheNumel = 64 * 1024, kLargeCacheNumel = 128 * 1024;

template <class T>
struct Conv2dInnerLoops {
  Index width;        ///< maximum columns of a GemmPanel; packed weights are in panels this wide
  Index cache_numel;  ///< elements of transformed tiles that a task processes at a time
  void (*multiply)(const GemmPanel<T>&);
  /// Adds `pixels` pixels of y, which are `pixel` elements apart, to the sums of a panel's
  /// channels.
  void (*add_pixels)(const T* y, Index pixel, Index pixels, Index channels, ChannelSums<T>& sums);
};

/// The inner loops for cpu_isa().
template <class T>
const Conv2dInnerLoops<T>& conv2d_inner_loops();

template <class T>
CpuVariants<Conv2dInnerLoops<T>> conv2d_inner_loops_variants();

/// Winograd's transforms of float or bfloat16 images for cpu_isa().
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
Conv2dInnerLoops<T> conv2d_inner_loops_neon();

template <class T>
WinogradKernels<T> winograd_kernels_generic();
template <class T>
WinogradKernels<T> winograd_kernels_wide();
template <class T>
WinogradKernels<T> winograd_kernels_avx2();
template <class T>
WinogradKernels<T> winograd_kernels_avx512();
template <class T>
WinogradKernels<T> winograd_kernels_neon();

}  // namespace fpanet::kernels
