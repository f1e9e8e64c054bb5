#pragma once
// A bump allocator with which kernels divide their workspace.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/index.hpp"

namespace fpanet::kernels {

inline constexpr std::size_t kScratchAlignment = 64;

/// Upper bound on the bytes that `take<T>(count)` consumes.
template <class T>
constexpr std::size_t scratch_bytes(Index count) {
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(T);
  return (bytes + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
}

/// Hands out 64-byte aligned pieces of a workspace, from front to back. A workspace as large as the
/// sum of the pieces' scratch_bytes plus kScratchAlignment is enough for any alignment of the
/// workspace.
class Scratch {
 public:
  explicit Scratch(std::span<std::byte> workspace) : rest_(workspace) {
    const auto address = reinterpret_cast<std::uintptr_t>(rest_.data());
    const std::size_t skip = (kScratchAlignment - address % kScratchAlignment) % kScratchAlignment;
    if (!rest_.empty()) rest_ = rest_.subspan(skip);
  }

  template <class T>
  T* take(Index count) {
    const std::size_t bytes = scratch_bytes<T>(count);
    assert(bytes <= rest_.size());
    T* piece = reinterpret_cast<T*>(rest_.data());
    rest_ = rest_.subspan(bytes);
    return piece;
  }
  /// The bytes not taken yet, for a callee to divide.
  std::span<std::byte> rest() const { return rest_; }

 private:
  std::span<std::byte> rest_;
};

}  // namespace fpanet::kernels
