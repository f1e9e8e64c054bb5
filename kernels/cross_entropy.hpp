#pragma once
// Cross-entropy of softmax probabilities over a whole batch, as sums that its mean is taken from
// (loss_mean.hpp).
//
//   per pixel with label y, l_c = -log p_c, and smoothing e:
//     term = (1 - e) w_y l_y + e / C sum_c w_c l_c
//   sums[0] = sum of the terms,  sums[1] = sum of w_y
//
//   dx_c = dsums[0] ((1 - e) w_y (p_c - [c = y]) + e / C (p_c sum_k w_k - w_c))
//
// x (N,C,H,W) are the logits and p their softmax, in Real<T>. The logarithms are computed as
// log p_k + x_c - x_k, where k is the likeliest class, so that they are exact for probabilities that
// p rounds to 0. Labels are i32, one per pixel; pixels labelled ignore_index, or with a label
// outside [0,C), are not counted. w are f64 (C), sums and dsums f64 (2). dsums[1] is not read: the
// weights have no gradient. Sums are computed in double over fixed chunks of pixels.
// Source: torch.nn.functional.cross_entropy.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

struct CrossEntropyOptions {
  double label_smoothing = 0;
  std::optional<Index> ignore_index = std::nullopt;
};

template <class T>
void cross_entropy(const Cpu& cpu, View<const T> x, const Real<T>* p, const std::int32_t* labels,
                   const double* weights, const CrossEntropyOptions& options, double* sums,
                   std::span<std::byte> workspace);
template <class T>
void cross_entropy(const Cuda& cuda, View<const T> x, const Real<T>* p, const std::int32_t* labels,
                   const double* weights, const CrossEntropyOptions& options, double* sums,
                   std::span<std::byte> workspace);

template <class T>
void cross_entropy_backward(const Cpu& cpu, const Real<T>* p, const std::int32_t* labels,
                            const double* weights, const double* dsums,
                            const CrossEntropyOptions& options, View<T> dx, Write write);
template <class T>
void cross_entropy_backward(const Cuda& cuda, const Real<T>* p, const std::int32_t* labels,
                            const double* weights, const double* dsums,
                            const CrossEntropyOptions& options, View<T> dx, Write write);

/// Bytes of workspace that the forward function needs.
template <class T>
std::size_t cross_entropy_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t cross_entropy_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
