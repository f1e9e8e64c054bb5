#pragma once
// What reading one weight file may cost. Every reader that copies or repeats what a file says only
// once draws on it, so that work and memory stay within a small multiple of the file's size.

#include <cstddef>
#include <cstdint>

namespace fpanet {

/// Limits on single things in weight files. Real checkpoints stay far below them.
inline constexpr std::size_t kMaxRank = 64;                       ///< dimensions of a tensor
inline constexpr std::size_t kMaxText = std::size_t{1} << 20;     ///< bytes of a name
inline constexpr std::size_t kMaxTensors = std::size_t{1} << 18;  ///< in a file

class ReadBudget {
 public:
  /// 16 MiB and four times the file's size.
  explicit ReadBudget(std::size_t file_bytes) : left_(kFree + kMultiple * file_bytes) {}

  /// Takes `bytes` from the budget. Returns false, and takes nothing, if fewer are left.
  [[nodiscard]] bool spend(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  static constexpr std::size_t kFree = std::size_t{16} << 20;
  static constexpr std::size_t kMultiple = 4;

  std::size_t left_;
};

}  // namespace fpanet
