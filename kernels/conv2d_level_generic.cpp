#include "kernels/conv2d_level.hpp"
#include "kernels/cpu_simd_generic.hpp"
#include "kernels/gemm_panel_body.hpp"
#include "kernels/winograd_tiles_body.hpp"

namespace fpanet::kernels {

template <class T>
Conv2dLevel<T> conv2d_level_generic() {
  using Simd = SimdGeneric<T>;
  return {GemmTile<Simd>::kWidth, kCacheNumel, GemmTile<Simd>::multiply,
          WinogradTransforms<Simd>::kernels()};
}
template Conv2dLevel<float> conv2d_level_generic();
template Conv2dLevel<double> conv2d_level_generic();

}  // namespace fpanet::kernels
