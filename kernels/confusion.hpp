#pragma once
// Confusion counts of (label, predicted class) for each image.
//
//   counts[n][r][k] = number of pixels of image n with row(label) = r and argmax_c x = k
//   row(label) = label if it is in [0,C), else C; pixels labelled ignore_index are not counted
//
// x (N,C,H,W), labels i32 (N,H,W), counts i64 (N,C+1,C+1), assigned. The last column is always zero
// because an argmax is never out of range. Not differentiable.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/view.hpp"

namespace fpanet::kernels {

template <class T>
void confusion(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
               std::optional<Index> ignore_index, std::int64_t* counts,
               std::span<std::byte> workspace);
template <class T>
void confusion(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
               std::optional<Index> ignore_index, std::int64_t* counts,
               std::span<std::byte> workspace);

template <class T>
std::size_t confusion_workspace_bytes(const Cpu& cpu, Index n, Index c, Index h, Index w);
template <class T>
std::size_t confusion_workspace_bytes(const Cuda& cuda, Index n, Index c, Index h, Index w);

}  // namespace fpanet::kernels
