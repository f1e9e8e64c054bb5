#pragma once
// What ranks need of one another's GPUs: the collective functions of communicator.hpp on the memory of
// GPUs. They are enqueued on a stream and return at once; a CUDA graph may capture them. Every rank
// enqueues the same ones in the same order on each channel.

#include <cstddef>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"

namespace fpanet {

/// The collective functions on one stream.
class GpuChannel {
 public:
  virtual ~GpuChannel() = default;
  GpuChannel(const GpuChannel&) = delete;
  GpuChannel& operator=(const GpuChannel&) = delete;

  /// The context whose stream it is, on which kernels may be enqueued.
  virtual const Cuda& context() const = 0;

  /// Copies the `bytes` bytes of each rank one after the other into `all`.
  virtual void all_gather(const void* mine, std::size_t bytes, void* all) = 0;
  /// Sends each rank its part (rank_part) of `count` values of `width` bytes; writes this rank's part of
  /// every rank's values, one after the other, to `received`.
  virtual void exchange_parts(const void* values, Index count, std::size_t width,
                              void* received) = 0;
  /// Sends this rank's part of `count` values to all ranks, and writes theirs to their parts.
  virtual void gather_parts(void* values, Index count, std::size_t width) = 0;
  /// Replaces each value by the sum of the ranks' values, added in an order that the library
  /// chooses. All ranks have the same bits.
  virtual void all_reduce(std::span<float> values) = 0;

 protected:
  GpuChannel() = default;
};

/// The GPUs of connected ranks, one each.
class GpuRanks {
 public:
  virtual ~GpuRanks() = default;
  GpuRanks(const GpuRanks&) = delete;
  GpuRanks& operator=(const GpuRanks&) = delete;

  /// On the stream that computes.
  virtual GpuChannel& compute() = 0;
  /// On a stream of its own, which goes on beside the one that computes.
  virtual GpuChannel& background() = 0;

 protected:
  GpuRanks() = default;
};

}  // namespace fpanet
