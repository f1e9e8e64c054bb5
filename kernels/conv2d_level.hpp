#pragma once
// The inner loops of the convolutions, once per instruction set (cpu_features.hpp).
//
// conv2d_level_*.cpp compile the same templates for each set inside one library; which set runs is
// decided at run time.

#include "kernels/channel_sums.hpp"
#include "kernels/gemm_panel.hpp"
#include "kernels/winograd_tiles.hpp"

namespace fpanet::kernels {

/// Conv2dLevel::cache_numel for an L2 of 512 KiB, and of 1 MiB as every processor with AVX-512 has.
inline constexpr Index kCacheNumel = 64 * 1024, kLargeCacheNumel = 128 * 1024;

template <class T>
struct Conv2dLevel {
  Index width;        ///< most columns of a GemmPanel; packed weights come in panels this wide
  Index cache_numel;  ///< elements of transformed tiles that a task works on at a time
  void (*multiply)(const GemmPanel<T>&);
  /// Adds `pixels` pixels of y, `pixel` elements apart, to the sums of a panel's channels.
  void (*add_pixels)(const T* y, Index pixel, Index pixels, Index channels, ChannelSums<T>& sums);
};

/// The set that cpu_level() names.
template <class T>
const Conv2dLevel<T>& conv2d_level();

/// Winograd's transforms of float or bfloat16 images in the same set.
template <class T>
const WinogradKernels<T>& winograd_kernels();

template <class T>
Conv2dLevel<T> conv2d_level_generic();
template <class T>
Conv2dLevel<T> conv2d_level_wide();
template <class T>
Conv2dLevel<T> conv2d_level_avx2();
template <class T>
Conv2dLevel<T> conv2d_level_avx512();

template <class T>
WinogradKernels<T> winograd_kernels_generic();
template <class T>
WinogradKernels<T> winograd_kernels_wide();
template <class T>
WinogradKernels<T> winograd_kernels_avx2();
template <class T>
WinogradKernels<T> winograd_kernels_avx512();

}  // namespace fpanet::kernels
