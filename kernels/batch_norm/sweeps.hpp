#pragma once
// The passes of batch normalisation over a chunk of pixels, once per instruction set
// (cpu_isa.hpp): batch_norm_sweeps_*.cpp compile the same templates for each set. Every set
// rounds alike, so that all give the same bits.

#include "kernels/batch_norm.hpp"

namespace fpanet::kernels {

/// Where the backward pass learns which values a relu let through.
enum class ReluMask : unsigned char { none, from_y, from_x };

/// dx = scale (g - offset - (x - mean) slope); each (C).
template <class T>
struct BatchNormFactors {
  ReluMask mask = ReluMask::none;
  const Real<T>* scale = nullptr;
  const Real<T>* offset = nullptr;
  const Real<T>* slope = nullptr;
};

/// All work on pixels [begin, end) of (pixels, channels) matrices.
template <class T>
struct BatchNormSweeps {
  /// sums[c] = sum of x.
  void (*sums)(const T* x, Index channels, Index begin, Index end, double* sums);
  /// squares[c] = sum of (x - centre[c])^2.
  void (*squares)(const T* x, const Real<T>* centre, Index channels, Index begin, Index end,
                  double* squares);
  /// y = [relu]((x - args.mean) args.scale + args.shift [+ residual]).
  void (*normalise)(const BatchNormForward<T>& args, Index begin, Index end);
  /// sums_g[c] = sum of g, sums_gx[c] = sum of g (x - mean).
  void (*gradient_sums)(const BatchNormBackward<T>& args, ReluMask mask, Index begin, Index end,
                        double* sums_g, double* sums_gx);
  /// dx and dresidual, where wanted.
  void (*gradients)(const BatchNormBackward<T>& args, const BatchNormFactors<T>& factors,
                    Index begin, Index end);
};

/// The set that cpu_isa() names.
template <class T>
const BatchNormSweeps<T>& batch_norm_sweeps();

template <class T>
BatchNormSweeps<T> batch_norm_sweeps_generic();
template <class T>
BatchNormSweeps<T> batch_norm_sweeps_avx2();
template <class T>
BatchNormSweeps<T> batch_norm_sweeps_avx512();

}  // namespace fpanet::kernels
