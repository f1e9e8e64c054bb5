#pragma once
// Losses of the overlap of predicted and labelled areas, computed from the sums of each class over a
// whole batch (class_sums.hpp), with the options of SMP's losses.
//
//   I = sum p t, P = sum p, T = sum t of a class:   score = (a I + smooth) / max(D + smooth, eps)
//     dice     a = 2   D = P + T
//     jaccard  a = 1   D = P + T - I
//     tversky  a = 1   D = I + alpha (P - I) + beta (T - I)
//   l_c = T > 0 ? (log_loss ? -log(max(score, eps)) : 1 - score) : 0
//   total = sum_c weight_c l_c; SMP has weight_c = 1 / C, where absent classes count as zeros
//   loss = total^gamma
//
//   dI (=|+=) s (a / D - (a I + smooth) (dD/dI) / D^2),   dP (=|+=) -s (a I + smooth) (dD/dP) / D^2,
//   s = dloss gamma total^(gamma - 1) weight_c l_c', where D includes smooth; if D < eps, the
//   denominator is the constant eps; l_c' = -1, or -1 / score with log_loss (0 if score < eps)
//
// sums and dsums are f64 (3,C) with the rows I, P, T; the last row of dsums is 0: labels have no
// gradient. Loss and dloss are one number each, total is one double, which backward
// reads if gamma is not 1.
// Source: DiceLoss, JaccardLoss and TverskyLoss of segmentation_models_pytorch, losses/_functional.py.

#include <vector>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

enum class OverlapMeasure : unsigned char { dice, jaccard, tversky };

struct OverlapLossOptions {
  OverlapMeasure measure = OverlapMeasure::dice;
  bool log_loss = false;
  double smooth = 0;
  double eps = 1e-7;
  double alpha = 0.5, beta = 0.5;    ///< of tversky: weights of false positives and false negatives
  double gamma = 1;                  ///< above 0
  std::vector<double> weights = {};  ///< (C): weight of each class in the loss
};

template <class T>
void overlap_loss(const Cpu& cpu, const double* sums, const OverlapLossOptions& options,
                  Real<T>* loss, double* total);
template <class T>
void overlap_loss(const Cuda& cuda, const double* sums, const OverlapLossOptions& options,
                  Real<T>* loss, double* total);

template <class T>
void overlap_loss_backward(const Cpu& cpu, const double* sums, const double* total,
                           const Real<T>* dloss, const OverlapLossOptions& options, double* dsums,
                           Write write);
template <class T>
void overlap_loss_backward(const Cuda& cuda, const double* sums, const double* total,
                           const Real<T>* dloss, const OverlapLossOptions& options, double* dsums,
                           Write write);

}  // namespace fpanet::kernels
