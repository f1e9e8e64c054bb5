#pragma once
// What ranks need of one another. A rank is one of several processes, or threads in tests, that compute
// parts of the same batch. All functions but rank() and size() are collective: every rank calls the
// same ones in the same order, with as many values. They return when the rank has its result, and
// throw Error if another rank has ended. Values are those of the CPU; gpu_ranks.hpp has the same on GPUs.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/core/tensor.hpp"
#include "engine/distributed/gpu_ranks.hpp"

namespace fpanet {

class Communicator {
 public:
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  virtual int rank() const = 0;  ///< from 0
  virtual int size() const = 0;

  /// Replaces each value by the sum of the ranks' values, added in the order of ranks. So all ranks
  /// have the same bits, which depend on the number of ranks alone.
  virtual void all_reduce(std::span<double> values) = 0;
  virtual void all_reduce(std::span<float> values) = 0;
  virtual void all_reduce(std::span<std::int64_t> values) = 0;
  /// Begins to replace the values, f32 or f64 on the CPU, by the same sums, while the caller goes on.
  /// Nobody else may read or write them before finish_sums() returns. Other collective functions may
  /// be called meanwhile.
  virtual void begin_sum(const Tensor& values) = 0;
  /// Waits for all sums that have begun.
  virtual void finish_sums() = 0;
  /// Copies the ranks' values one after the other: all.size() is size() times mine.size().
  virtual void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;
  /// Copies the values of `root` to all ranks.
  virtual void broadcast(std::span<std::byte> values, int root) = 0;
  virtual void barrier() = 0;

  /// A rank that has ended, if that shows without a call; its launcher may show it, too. Any thread may
  /// ask.
  virtual std::optional<int> ended_rank() const { return std::nullopt; }

  /// The ranks' GPUs, if they compute on GPUs and use_gpus() has connected them; else null.
  GpuRanks* gpus() const { return gpus_.get(); }
  void use_gpus(std::unique_ptr<GpuRanks> gpus) { gpus_ = std::move(gpus); }

 protected:
  Communicator() = default;

 private:
  std::unique_ptr<GpuRanks> gpus_;
};

/// One rank, alone.
class SingleRank final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce(std::span<double>) override {}
  void all_reduce(std::span<float>) override {}
  void all_reduce(std::span<std::int64_t>) override {}
  void begin_sum(const Tensor&) override {}
  void finish_sums() override {}
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  void broadcast(std::span<std::byte>, int) override {}
  void barrier() override {}
};

/// Throws Error unless `all` has room for `mine` of each of `size` ranks.
void check_gathered(std::span<const std::byte> mine, std::span<const std::byte> all, int size);

/// The part of `count` values, images or scenes that belongs to a rank. Parts follow one another in
/// the order of ranks, and their sizes differ by at most one.
struct RankPart {
  std::int64_t first = 0, count = 0;
};
RankPart rank_part(std::int64_t count, int rank, int size);

}  // namespace fpanet
