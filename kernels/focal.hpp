#pragma once
// Focal loss: one binary loss per class over a whole batch, as sums that its mean is taken from
// (loss_mean.hpp).
//
//   per pixel and class, z = x where the label is the class, else -x:
//     f = (1 - q)^gamma -log(q),  q = 1 / (1 + exp(-z))
//   sums[0] = sum over classes of w_c sum f,  sums[1] = number of pixels
//
//   dx = dsums[0] w_c s df/dz,  df/dz = -(1 - q)^gamma (1 - q - gamma q log q),  s = 1 or -1 as z
//
// x (N,C,H,W) are the logits. Labels are i32, one per pixel; pixels labelled ignore_index, or with a
// label outside [0,C), are not counted. w are f64 (C), 1 / C for the mean over classes; sums and
// dsums f64 (2). Sums are computed in double over fixed chunks of pixels.
// Source: FocalLoss of segmentation_models_pytorch 0.6, which takes the mean over classes where 0.3.3
// takes the sum; losses/_functional.py.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

struct FocalOptions {
  double gamma = 2;
  std::optional<Index> ignore_index = std::nullopt;
};

template <class T>
void focal(const Cpu& cpu, View<const T> x, const std::int32_t* labels, const double* weights,
           const FocalOptions& options, double* sums, std::span<std::byte> workspace);
template <class T>
void focal(const Cuda& cuda, View<const T> x, const std::int32_t* labels, const double* weights,
           const FocalOptions& options, double* sums, std::span<std::byte> workspace);

template <class T>
void focal_backward(const Cpu& cpu, const T* x, const std::int32_t* labels, const double* weights,
                    const double* dsums, const FocalOptions& options, View<T> dx, Write write);
template <class T>
void focal_backward(const Cuda& cuda, const T* x, const std::int32_t* labels, const double* weights,
                    const double* dsums, const FocalOptions& options, View<T> dx, Write write);

/// Bytes of workspace that the forward function needs.
template <class T>
std::size_t focal_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t focal_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
