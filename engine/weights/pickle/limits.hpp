#pragma once
// Limits on the resources that a pickle may use. Real checkpoints stay far below them. Together with
// ReadBudget they ensure that a file cannot make the reader allocate more than a small multiple of
// the file's size.

#include <cstddef>
#include <cstdint>

#include "engine/weights/read_budget.hpp"

namespace fpanet::pickle {

inline constexpr std::size_t kMaxPickleBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxObjects = std::size_t{1} << 20;  ///< in all pickles of a file
inline constexpr std::size_t kMaxMarks = 256;                     ///< containers open at once
using fpanet::kMaxRank;
using fpanet::kMaxText;

}  // namespace fpanet::pickle
