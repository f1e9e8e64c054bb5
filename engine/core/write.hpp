#pragma once
// How a kernel writes an output. A gradient with several contributions is assigned by its first
// writer and accumulated into by the others; the graph decides which, kernels obey.

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

}  // namespace fpanet
