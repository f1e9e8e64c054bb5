#pragma once
// Softmax over few classes and the sums of each class, fused into one pass forward and one backward.
//
//   p = softmax of x over the channels (softmax.hpp); sums of p (class_sums.hpp, multiclass)
//   dx (=|+=) p (dp - sum over k of p_k dp_k), dp of class_sums.hpp
//
// x is (N,C,H,W) with C <= kSoftmaxSumClasses; p has the same shape in Real<T>; labels are i32,
// one per pixel. Saved: p. In mixed precision the logits therefore need no cast, and the
// probabilities are f32.

#include "kernels/class_sums.hpp"

namespace fpanet::kernels {

/// Maximum number of classes: a GPU thread holds all classes of a pixel in registers.
inline constexpr Index kSoftmaxSumClasses = 8;

template <class T>
void softmax_class_sums(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
                        std::optional<Index> ignore_index, View<Real<T>> p, double* sums,
                        std::span<std::byte> workspace);
template <class T>
void softmax_class_sums(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
                        std::optional<Index> ignore_index, View<Real<T>> p, double* sums,
                        std::span<std::byte> workspace);

/// `dx` must not be p.
template <class T>
void softmax_class_sums_backward(const Cpu& cpu, View<const Real<T>> p, const std::int32_t* labels,
                                 const double* dsums, std::optional<Index> ignore_index, View<T> dx,
                                 Write write);
template <class T>
void softmax_class_sums_backward(const Cuda& cuda, View<const Real<T>> p,
                                 const std::int32_t* labels, const double* dsums,
                                 std::optional<Index> ignore_index, View<T> dx, Write write);

/// Bytes of workspace that the forward function needs.
template <class T>
std::size_t softmax_class_sums_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t softmax_class_sums_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
