#pragma once
// An emulated GPU grid: it runs blocks one after the other and, in each, the threads one after the
// other from barrier to barrier. With it the C++ compiler can run the Cuda kernels that use
// cuda/block.hpp on the host, so that tests check them without a GPU. Where a GPU guarantees no
// order, several orders are run:
//
//   GPU 0   forwards
//   GPU 1   backwards. A kernel with a missing barrier then gives different results.
//   GPU 2   shuffled, each thread on a stack of its own as on a GPU (EmulatedThreads): the kernel is
//           called once per thread, and a barrier that not all threads reach is an error
//
// What a GPU would refuse to launch is an error on all of them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/core/device.hpp"
#include "engine/core/error.hpp"
#include "kernels/cuda/block.hpp"

namespace fpanet::kernels {

/// What the emulated GPU is doing, for the test that records who accesses which memory
/// (tests/races).
struct EmulatedPosition {
  static constexpr int kNoThread = -1;  ///< code between the phases, which every thread executes

  const char* kernel = nullptr;  ///< null while no kernel runs
  std::uint64_t launch = 0;
  Index block = 0;
  int thread = kNoThread;
  std::uint64_t phase = 0;  ///< number of barriers so far
  bool atomic = false;
  const std::byte* shared = nullptr;  ///< the block's shared memory
  std::size_t shared_bytes = 0;
};
inline thread_local EmulatedPosition emulated_position;

/// Threads of a block that keep their own stack and take turns.
class EmulatedThreads {
 public:
  /// Calls body(thread) on `count` threads, which continue in an order that differs after each
  /// barrier. Throws Error if a thread ends while another waits at a barrier, and whatever a
  /// thread throws.
  static void run(int count, std::uint64_t seed, const std::function<void(int)>& body);
  /// Called on such a thread: returns when all threads have called it.
  static void barrier();
};

class EmulatedGrid {
 public:
  // Limits of every CUDA GPU without opting in to more.
  static constexpr Index kMostGrid = (Index{1} << 31) - 1;
  static constexpr Index kMostSharedBytes = 48 * 1024;
  static constexpr int kMostThreads = 1024;
  static constexpr Index kMostArgumentBytes = 4096;

  explicit EmulatedGrid(const Cuda& cuda) : order_(static_cast<Order>(cuda.index)) {}

  enum class Order : int { forwards, backwards, shuffled };

  struct Block {
    Index index, count;
    int threads;
    std::byte* memory;
    bool backwards;
    int own_thread = EmulatedPosition::kNoThread;  ///< the only one to run, if it has its own stack

    template <class V>
    V* shared() const {
      return reinterpret_cast<V*>(memory);
    }
    template <class F>
    void each(const F& f) const {
      each_freely(f);
      ++emulated_position.phase;
      if (own_thread >= 0) EmulatedThreads::barrier();
    }
    template <class F>
    void each_freely(const F& f) const {
      if (own_thread >= 0) return f(own_thread);
      for (int i = 0; i < threads; ++i) {
        emulated_position.thread = backwards ? threads - 1 - i : i;
        f(emulated_position.thread);
      }
      emulated_position.thread = EmulatedPosition::kNoThread;
    }
    template <class V>
    void add(V* counter, V n) const {
      emulated_position.atomic = true;
      *counter += n;
      emulated_position.atomic = false;
    }
  };

  template <class Kernel>
  void run(const char* name, Index blocks, Index shared_bytes, const Kernel& kernel) const {
    check_limits(name, blocks, shared_bytes, Kernel::kThreads, static_cast<Index>(sizeof(Kernel)));
    EmulatedPosition& at = emulated_position;
    ++at.launch;
    for (Index i = 0; i < blocks; ++i) {
      // Shared memory is initially garbage: every double or float in it is a NaN.
      std::vector<std::byte> memory(static_cast<std::size_t>(shared_bytes), std::byte{0xff});
      at = {.kernel = name,
            .launch = at.launch,
            .block = block_at(i, blocks),
            .shared = memory.data(),
            .shared_bytes = memory.size()};
      const Block block{at.block, blocks, Kernel::kThreads, memory.data(),
                        order_ == Order::backwards};
      if (order_ == Order::shuffled) {
        EmulatedThreads::run(Kernel::kThreads, static_cast<std::uint64_t>(i), [&](int thread) {
          Block own = block;
          own.own_thread = thread;
          kernel(own);
        });
      } else {
        kernel(block);
      }
      at.kernel = nullptr;
    }
  }

 private:
  /// The i-th block to run.
  Index block_at(Index i, Index blocks) const {
    if (order_ == Order::forwards) return i;
    if (order_ == Order::backwards) return blocks - 1 - i;
    return i % 2 == 0 ? i / 2 : blocks - 1 - i / 2;  // from both ends
  }

  static void check_limits(const char* name, Index blocks, Index shared_bytes, int threads,
                           Index argument_bytes) {
    require(blocks >= 0 && blocks <= kMostGrid, "{}: a launch of {} blocks; a GPU takes {}", name,
            blocks, kMostGrid);
    require(shared_bytes <= kMostSharedBytes,
            "{}: a block asks for {} bytes of shared memory; a GPU has {}", name, shared_bytes,
            kMostSharedBytes);
    require(threads <= kMostThreads, "{}: a block of {} threads; a GPU takes {}", name, threads,
            kMostThreads);
    require(argument_bytes <= kMostArgumentBytes, "{}: {} bytes of arguments; a GPU takes {}", name,
            argument_bytes, kMostArgumentBytes);
  }

  Order order_;
};

}  // namespace fpanet::kernels
