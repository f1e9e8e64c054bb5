#pragma once
// Sums of each class over all pixels of a batch: all that the losses of overlapping areas
// (overlap_loss.hpp) need to know of it. Between the two steps the sums can be added up over the
// parts of a batch.
//
//   per class c, over all images and pixels that are not ignored:
//     I = sum p t,  P = sum p,  T = sum t
//   dp (=|+=) dI t + dP, or 0 where ignored
//
// p is (N,C,H,W). Labels are i32. Multiclass: one per pixel, t = (label == c); labels outside [0,C)
// belong to no class. Binary (C = 1): one per pixel, t = label. Multilabel: one per pixel and
// channel, t = label. Pixels (multilabel: entries) whose label is ignore_index are not counted.
// sums, f64 (3,C), has the rows I, P, T; dsums, too, with the gradients of these, of which the last
// row is not read: labels have no gradient. Sums are computed in double over fixed chunks of pixels.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

enum class DiceMode : unsigned char { binary, multiclass, multilabel };

/// How labels are read.
struct ClassTargets {
  DiceMode mode = DiceMode::multiclass;
  std::optional<Index> ignore_index = std::nullopt;
};

template <class T>
void class_sums(const Cpu& cpu, View<const T> p, const std::int32_t* labels,
                const ClassTargets& targets, double* sums, std::span<std::byte> workspace);
template <class T>
void class_sums(const Cuda& cuda, View<const T> p, const std::int32_t* labels,
                const ClassTargets& targets, double* sums, std::span<std::byte> workspace);

template <class T>
void class_sums_backward(const Cpu& cpu, const std::int32_t* labels, const double* dsums,
                         const ClassTargets& targets, View<T> dp, Write write);
template <class T>
void class_sums_backward(const Cuda& cuda, const std::int32_t* labels, const double* dsums,
                         const ClassTargets& targets, View<T> dp, Write write);

/// Bytes of workspace that the forward function needs.
template <class T>
std::size_t class_sums_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t class_sums_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
