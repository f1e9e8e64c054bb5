#pragma once
// Bounds on what a pickle may ask for. Real checkpoints stay far below; what a file can make us
// allocate is then a small multiple of its own size.

#include <cstddef>
#include <cstdint>

namespace fpanet::pickle {

inline constexpr std::size_t kMaxPickleBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxObjects = std::size_t{1} << 20;  ///< of all pickles of a file
inline constexpr std::size_t kMaxMarks = 256;                     ///< open containers at a time
inline constexpr std::size_t kMaxText = std::size_t{1} << 20;     ///< bytes of one text
inline constexpr std::size_t kMaxRank = 64;                       ///< dimensions of a tensor

}  // namespace fpanet::pickle
