#pragma once
// An emulated GPU grid: it runs blocks one after the other and, in each, the threads one after the
// other from barrier to barrier. With it the C++ compiler can run the Cuda kernels that use
// cuda/block.hpp on the host, so that tests check them without a GPU. Where a GPU guarantees no
// order, two orders are run: GPU 0 goes forwards and GPU 1 backwards. A kernel with a missing
// barrier then gives different results.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/device.hpp"
#include "kernels/cuda/block.hpp"

namespace fpanet::kernels {

class EmulatedGrid {
 public:
  explicit EmulatedGrid(const Cuda& cuda) : backwards_(cuda.index == 1) {}

  struct Block {
    Index index, count;
    int threads;
    std::byte* memory;
    bool backwards;

    template <class V>
    V* shared() const {
      return reinterpret_cast<V*>(memory);
    }
    template <class F>
    void each(const F& f) const {
      for (int i = 0; i < threads; ++i) f(backwards ? threads - 1 - i : i);
    }
    template <class F>
    void each_freely(const F& f) const {
      each(f);
    }
    template <class V>
    void add(V* counter, V n) const {
      *counter += n;
    }
  };

  template <class Kernel>
  void run(const char*, Index blocks, Index shared_bytes, const Kernel& kernel) const {
    for (Index i = 0; i < blocks; ++i) {
      // Shared memory is initially garbage: every double or float in it is a NaN.
      std::vector<std::byte> memory(static_cast<std::size_t>(shared_bytes), std::byte{0xff});
      kernel(Block{backwards_ ? blocks - 1 - i : i, blocks, Kernel::kThreads, memory.data(),
                   backwards_});
    }
  }

 private:
  bool backwards_;
};

}  // namespace fpanet::kernels
