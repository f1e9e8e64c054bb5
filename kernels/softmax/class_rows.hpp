#pragma once
// Softmax and Dice of rows of at most eight floats, the classes of each pixel, once per ISA
// (simd/cpu_isa.hpp): class_rows_*.cpp compile the same templates for each ISA. A row is one
// vector, or two of half the size. Its maximum and sums are reductions across the vector. Every ISA
// adds in the same order and rounds in the same way, so that all give the same bits.

#include "engine/core/write.hpp"
#include "kernels/dice_body.hpp"
#include "kernels/softmax_dice_body.hpp"

namespace fpanet::kernels {

inline constexpr Index kClassRowLanes = 8;
static_assert(kClassRowLanes == kSoftmaxDiceClasses);

/// All functions process pixels [begin, end) of (pixels, classes) matrices and do not touch the
/// others.
struct ClassRows {
  /// y = softmax(x) (softmax.hpp). y may be x.
  void (*softmax)(const float* x, Index classes, Index begin, Index end, float* y);
  /// p = softmax(x), and the sums (3, classes) of dice.hpp over these pixels. p may be x.
  void (*softmax_dice)(const float* x, const body::DiceLabels& labels, Index begin, Index end,
                       float* p, double* sums);
  /// dx of softmax_dice.hpp; slopes (classes). dx must not be p.
  void (*softmax_dice_gradients)(const float* p, const body::DiceLabels& labels,
                                 const body::DicePixelSlopes<float>* slopes, Index begin, Index end,
                                 float* dx, Write write);
};

/// The functions for cpu_isa().
const ClassRows& class_rows();

ClassRows class_rows_generic();
ClassRows class_rows_avx2();
ClassRows class_rows_avx512();

}  // namespace fpanet::kernels
