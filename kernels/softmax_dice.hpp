#pragma once
// Softmax over few classes and its Dice loss, fused into one pass forward and one backward.
//
//   p = softmax of x over the channels (softmax.hpp); loss and sums of p (dice.hpp, multiclass)
//   dx (=|+=) p (dp - sum over k of p_k dp_k), dp of dice.hpp
//
// x is (N,C,H,W) with C <= kSoftmaxDiceClasses; p has the same shape in Real<T>; labels are i32,
// one per pixel. Saved: p and sums. In mixed precision the logits therefore need no cast, and the
// probabilities are f32.
// Derivation: docs/derivations/softmax_losses.md#softmax-with-dice

#include "kernels/dice.hpp"
#include "kernels/softmax_class_sums.hpp"

namespace fpanet::kernels {

/// Maximum number of classes.
inline constexpr Index kSoftmaxDiceClasses = kSoftmaxSumClasses;

template <class T>
void softmax_dice(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace);
template <class T>
void softmax_dice(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace);

/// `dloss` points to one number. `dx` must not be p.
template <class T>
void softmax_dice_backward(const Cpu& cpu, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte> workspace);
template <class T>
void softmax_dice_backward(const Cuda& cuda, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte> workspace);

/// Bytes of workspace that each of the two functions needs.
template <class T>
std::size_t softmax_dice_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t softmax_dice_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
