#include "kernels/conv2d_level.hpp"
#include "kernels/cpu_simd_generic.hpp"
#include "kernels/cpu_simd_wide.hpp"
#include "kernels/gemm_panel_body.hpp"
#include "kernels/winograd_tiles_body.hpp"

namespace fpanet::kernels {
namespace {

template <class Simd>
Conv2dLevel<typename Simd::Scalar> level() {
  return {GemmTile<Simd>::kWidth, GemmTile<Simd>::multiply, WinogradTransforms<Simd>::kernels()};
}

}  // namespace

template <class T>
Conv2dLevel<T> conv2d_level_generic() {
  return level<SimdGeneric<T>>();
}
template Conv2dLevel<float> conv2d_level_generic();
template Conv2dLevel<double> conv2d_level_generic();

template <class T>
Conv2dLevel<T> conv2d_level_wide() {
  return level<SimdWide<T>>();
}
template Conv2dLevel<float> conv2d_level_wide();
template Conv2dLevel<double> conv2d_level_wide();

}  // namespace fpanet::kernels
