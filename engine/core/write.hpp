#pragma once
// How a kernel writes an output. If a gradient has several contributions, its first writer assigns
// and the others accumulate. The graph decides which; the kernels follow it.

#include "engine/core/bfloat16.hpp"
#include "engine/core/host_device.hpp"

namespace fpanet {

enum class Write : unsigned char {
  assign,      ///< y = value
  accumulate,  ///< y += value
};

template <class T>
FPANET_HD inline void store(T& slot, T value, Write write) {
  slot = write == Write::assign ? value : slot + value;
}

/// The sum is computed in float, so the result is rounded only once.
FPANET_HD inline void store(bfloat16& slot, float value, Write write) {
  slot = bfloat16(write == Write::assign ? value : static_cast<float>(slot) + value);
}

}  // namespace fpanet
