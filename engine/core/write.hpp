#pragma once
// How a kernel writes an output. A gradient with several contributions is assigned by its first
// writer and accumulated into by the others; the graph decides which, kernels obey.

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

/// A sum is formed in float; either is rounded once.
FPANET_HD inline void store(bfloat16& slot, float value, Write write) {
  slot = bfloat16(write == Write::assign ? value : static_cast<float>(slot) + value);
}

}  // namespace fpanet
