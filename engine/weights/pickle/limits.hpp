#pragma once
// Limits on the resources that a pickle may use. Real checkpoints stay far below them. They ensure
// that a file cannot make the reader allocate more than a small multiple of the file's size.

#include <cstddef>
#include <cstdint>

namespace fpanet::pickle {

inline constexpr std::size_t kMaxPickleBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxObjects = std::size_t{1} << 20;  ///< in all pickles of a file
inline constexpr std::size_t kMaxMarks = 256;                     ///< containers open at once
inline constexpr std::size_t kMaxText = std::size_t{1} << 20;     ///< bytes in one string
inline constexpr std::size_t kMaxRank = 64;                       ///< dimensions of a tensor

}  // namespace fpanet::pickle
