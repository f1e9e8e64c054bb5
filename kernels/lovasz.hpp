#pragma once
// Lovasz-softmax loss: the convex extension of each class's Jaccard loss to the errors of the
// probabilities.
//
//   per group (an image, or the whole batch) and class that occurs there, over the pixels that are
//   counted: errors e_i = |[c = y_i] - p_i|, sorted from large to small, equal ones by pixel;
//     J_k = 1 - (T - L_k) / (T + k - L_k), where L_k of the first k pixels have the label c, T of all
//     slope_i = (J_k - J_(k-1)) * (c = y_i ? -1 : 1) for the k-th pixel i, 0 elsewhere
//   loss = mean over groups of the mean over their classes of sum_i |slope_i| e_i; 0 if none occurs
//
//   dx_c = dloss p_c (g_c - sum over k of p_k g_k),  g = slope / (groups * classes of the group)
//
// p (N,C,H,W) are the softmax of the logits x. Labels are i32, one per pixel; pixels labelled
// ignore_index, or with a label outside [0,C), are not counted. Saved: slopes (N,C,H,W) and
// `present`, f64 (groups): the number of classes that occur in each. Groups in which no pixel is
// counted have no loss and count in no mean.
// Source: LovaszLoss of segmentation_models_pytorch (multiclass, classes='present').

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

struct LovaszOptions {
  std::optional<Index> ignore_index = std::nullopt;
  bool per_image = false;  ///< each image is a group, else the whole batch

  Index groups(Index images) const { return per_image ? images : 1; }
};

/// T is the type of the probabilities.
template <class T>
void lovasz(const Cpu& cpu, View<const T> p, const std::int32_t* labels,
            const LovaszOptions& options, T* loss, T* slopes, double* present,
            std::span<std::byte> workspace);
template <class T>
void lovasz(const Cuda& cuda, View<const T> p, const std::int32_t* labels,
            const LovaszOptions& options, T* loss, T* slopes, double* present,
            std::span<std::byte> workspace);

/// T is the type of the logits.
template <class T>
void lovasz_backward(const Cpu& cpu, View<const Real<T>> p, const Real<T>* slopes,
                     const double* present, const Real<T>* dloss, const LovaszOptions& options,
                     T* dx, Write write);
template <class T>
void lovasz_backward(const Cuda& cuda, View<const Real<T>> p, const Real<T>* slopes,
                     const double* present, const Real<T>* dloss, const LovaszOptions& options,
                     T* dx, Write write);

/// Bytes of workspace that the forward function needs for probabilities p.
template <class T>
std::size_t lovasz_workspace_bytes(const Cpu& cpu, View<const T> p, const LovaszOptions& options);
template <class T>
std::size_t lovasz_workspace_bytes(const Cuda& cuda, View<const T> p, const LovaszOptions& options);

}  // namespace fpanet::kernels
