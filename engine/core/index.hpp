#pragma once
// The integer that counts elements.

#include <cstdint>

#include "engine/core/host_device.hpp"

namespace fpanet {

using Index = std::int64_t;

/// a / b rounded up, for a >= 0 and b > 0.
FPANET_HD constexpr Index divide_up(Index a, Index b) {
  return (a + b - 1) / b;
}

}  // namespace fpanet
