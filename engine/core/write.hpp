#pragma once
// How a kernel writes an output. A gradient with several contributions is assigned by its first
// writer and accumulated into by the others; the graph decides which, kernels obey.

namespace fpanet {

enum class Write : unsigned char {
  assign,      ///< y = value
  accumulate,  ///< y += value
};

template <class T>
inline void store(T& slot, T value, Write write) {
  slot = write == Write::assign ? value : slot + value;
}

}  // namespace fpanet
