#pragma once
// Softmax over few classes and the Dice loss of it, in one pass each way.
//
//   p = softmax of x over the channels (softmax.hpp); loss and sums of p (dice.hpp, multiclass)
//   dx (=|+=) p (dp - sum over k of p_k dp_k), dp of dice.hpp
//
// x (N,C,H,W) with C <= kSoftmaxDiceClasses, p alike in Real<T>, labels i32, one a pixel. Saved: p and
// sums. So in mixed precision logits need no cast and probabilities are f32.

#include "kernels/dice.hpp"

namespace fpanet::kernels {

/// A GPU's thread holds the classes of a pixel in registers.
inline constexpr Index kSoftmaxDiceClasses = 8;

template <class T>
void softmax_dice(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace);
template <class T>
void softmax_dice(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace);

/// `dloss` points at one number. `dx` may not be p.
template <class T>
void softmax_dice_backward(const Cpu& cpu, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte> workspace);
template <class T>
void softmax_dice_backward(const Cuda& cuda, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte> workspace);

/// Scratch of both.
template <class T>
std::size_t softmax_dice_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t softmax_dice_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
