#pragma once
// Soft Dice loss over a whole batch, with the options of SMP's DiceLoss (v0.3.3).
//
//   per class c, sums over all images and pixels that are not ignored:
//     I = sum p t,  K = sum p + sum t,  score = (2 I + smooth) / max(K + smooth, eps)
//     l_c = sum t > 0 ? (log_loss ? -log(max(score, eps)) : 1 - score) : 0
//   loss = sum_c weight_c l_c; SMP has weight_c = 1 / C, where absent classes count as zeros
//
//   dp = dloss weight_c l_c' (2 t / D - (2 I + smooth) / D^2), D = K + smooth; if D < eps, the
//   denominator is the constant eps; l_c' = -1, or -1 / score with log_loss (0 if score < eps)
//
// p is (N,C,H,W). Labels are i32. Multiclass: one per pixel, t = (label == c); labels outside [0,C)
// belong to no class. Binary (C = 1): one per pixel, t = label. Multilabel: one per pixel and
// channel, t = label. Pixels (multilabel: entries) whose label is ignore_index are not counted.
// Saved: `sums`, f64 (3,C), with rows I, sum p, sum t. Sums are computed in double over fixed
// chunks of pixels.
// Source: segmentation_models_pytorch losses/dice.py, losses/_functional.py.
// Derivation: docs/derivations/softmax_losses.md#dice

#include <vector>

#include "kernels/class_sums.hpp"
#include "kernels/overlap_loss.hpp"

namespace fpanet::kernels {

struct DiceOptions {
  DiceMode mode = DiceMode::multiclass;
  bool log_loss = false;
  double smooth = 0;
  double eps = 1e-7;
  std::optional<Index> ignore_index = std::nullopt;
  std::vector<double> weights = {};  ///< (C): weight of each class in the loss
};

/// The two steps: dice() is class_sums() and overlap_loss().
inline ClassTargets targets_of(const DiceOptions& options) {
  return {.mode = options.mode, .ignore_index = options.ignore_index};
}
inline OverlapLossOptions overlap_of(const DiceOptions& options) {
  return {.measure = OverlapMeasure::dice,
          .log_loss = options.log_loss,
          .smooth = options.smooth,
          .eps = options.eps,
          .weights = options.weights};
}

template <class T>
void dice(const Cpu& cpu, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace);
template <class T>
void dice(const Cuda& cuda, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace);

/// `dloss` points to one number. `dp` must not be p.
template <class T>
void dice_backward(const Cpu& cpu, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace);
template <class T>
void dice_backward(const Cuda& cuda, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace);

/// Bytes of workspace that each of the two functions needs.
template <class T>
std::size_t dice_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t dice_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
