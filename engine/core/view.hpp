#pragma once
// The form in which kernels take a tensor: a pointer and sizes, without ownership.

#include <type_traits>

#include "engine/core/device.hpp"
#include "engine/core/host_device.hpp"
#include "engine/core/index.hpp"

namespace fpanet {

/// (N,C,H,W) stored as N,H,W,C: `pixels()` rows of C contiguous elements.
template <class T>
struct View {
  T* data = nullptr;
  Index n = 0, c = 0, h = 0, w = 0;

  FPANET_HD Index pixels() const { return n * h * w; }
  FPANET_HD Index numel() const { return pixels() * c; }
  FPANET_HD T* pixel(Index in, Index ih, Index iw) const {
    return data + ((in * h + ih) * w + iw) * c;
  }
  template <class U>
  requires std::is_same_v<U, const T>
  operator View<U>() const { return {data, n, c, h, w}; }
};

/// A batch of `n` row-major matrices, one after the other.
template <class T>
struct Matrices {
  T* data = nullptr;
  Index n = 0, rows = 0, cols = 0;

  T* at(Index i) const { return data + i * rows * cols; }
  template <class U>
  requires std::is_same_v<U, const T>
  operator Matrices<U>() const { return {data, n, rows, cols}; }
};

}  // namespace fpanet
