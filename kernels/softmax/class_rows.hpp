#pragma once
// Softmax and Dice of rows of at most eight floats, the classes of each pixel, once per ISA
// (simd/cpu_isa.hpp): class_rows_*.cpp compile the same templates for each ISA. A row is one
// vector, or two of half the size. Its maximum and sums are reductions across the vector. Every ISA
// adds in the same order and rounds in the same way, so that all give the same bits.

#include "engine/core/write.hpp"
#include "kernels/class_sums_body.hpp"
#include "kernels/simd/cpu_isa.hpp"
#include "kernels/softmax_class_sums_body.hpp"

namespace fpanet::kernels {

inline constexpr Index kClassRowLanes = 8;
static_assert(kClassRowLanes == kSoftmaxSumClasses);

/// All functions process pixels [begin, end) of (pixels, classes) matrices and do not touch the
/// others.
struct ClassRows {
  /// y = softmax(x) (softmax.hpp). y may be x.
  void (*softmax)(const float* x, Index classes, Index begin, Index end, float* y);
  /// p = softmax(x), and the sums (3, classes) of class_sums.hpp over these pixels. p may be x.
  void (*softmax_sums)(const float* x, const body::ClassLabels& labels, Index begin, Index end,
                       float* p, double* sums);
  /// dx of softmax_class_sums.hpp; slopes (classes). dx must not be p.
  void (*softmax_sums_gradients)(const float* p, const body::ClassLabels& labels,
                                 const body::ClassSlopes<float>* slopes, Index begin, Index end,
                                 float* dx, Write write);
};

/// The functions for cpu_isa().
const ClassRows& class_rows();

CpuVariants<ClassRows> class_rows_variants();

ClassRows class_rows_generic();
ClassRows class_rows_avx2();
ClassRows class_rows_avx512();
ClassRows class_rows_neon();

}  // namespace fpanet::kernels
