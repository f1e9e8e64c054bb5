#pragma once
// The passes of batch normalisation over a chunk of pixels, once per ISA (simd/cpu_isa.hpp):
// batch_norm/sweeps_*.cpp compile the same templates for each ISA. Every ISA rounds in the same
// way, so that all give the same bits.

#include "kernels/batch_norm.hpp"

namespace fpanet::kernels {

/// From what the backward pass determines which values a relu let through.
enum class ReluMask : unsigned char { none, from_y, from_x };

/// Coefficients of dx = scale (g - offset - (x - mean) slope); each is (C).
template <class T>
struct BatchNormFactors {
  ReluMask mask = ReluMask::none;
  const Real<T>* scale = nullptr;
  const Real<T>* offset = nullptr;
  const Real<T>* slope = nullptr;
};

/// All functions process pixels [begin, end) of (pixels, channels) matrices.
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
  /// Computes dx and dresidual, if requested.
  void (*gradients)(const BatchNormBackward<T>& args, const BatchNormFactors<T>& factors,
                    Index begin, Index end);
};

/// The functions for cpu_isa().
template <class T>
const BatchNormSweeps<T>& batch_norm_sweeps();

template <class T>
BatchNormSweeps<T> batch_norm_sweeps_generic();
template <class T>
BatchNormSweeps<T> batch_norm_sweeps_avx2();
template <class T>
BatchNormSweeps<T> batch_norm_sweeps_avx512();
template <class T>
BatchNormSweeps<T> batch_norm_sweeps_neon();

}  // namespace fpanet::kernels
