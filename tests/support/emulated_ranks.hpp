#pragma once
// GPUs of ranks that are threads, over emulated GPU memory (tests/support/emulated_gpu.cpp), which is the
// host's: what is enqueued is done when the call returns.

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/distributed/communicator.hpp"

namespace fpanet::test {

class EmulatedChannel final : public GpuChannel {
 public:
  EmulatedChannel(Communicator& ranks, const Cuda& cuda) : ranks_(ranks), cuda_(cuda) {}

  const Cuda& context() const override { return cuda_; }

  void all_gather(const void* mine, std::size_t bytes, void* all) override {
    ranks_.all_gather(bytes_of(mine, bytes), {static_cast<std::byte*>(all),
                                              bytes * static_cast<std::size_t>(ranks_.size())});
  }
  void exchange_parts(const void* values, Index count, std::size_t width, void* received) override {
    const std::vector<std::byte> all = gathered(values, count, width);
    const auto [begin, bytes] = part(count, width, ranks_.rank());
    auto* to = static_cast<std::byte*>(received);
    for (int rank = 0; rank < ranks_.size(); ++rank, to += bytes) {
      std::memcpy(to, all.data() + static_cast<std::size_t>(rank * count) * width + begin, bytes);
    }
  }
  void gather_parts(void* values, Index count, std::size_t width) override {
    const std::vector<std::byte> all = gathered(values, count, width);
    for (int rank = 0; rank < ranks_.size(); ++rank) {
      const auto [begin, bytes] = part(count, width, rank);
      std::memcpy(static_cast<std::byte*>(values) + begin,
                  all.data() + static_cast<std::size_t>(rank * count) * width + begin, bytes);
    }
  }
  /// In the reverse order of ranks: a library may choose any.
  void all_reduce(std::span<float> values) override {
    const std::vector<std::byte> all = gathered(values.data(), std::ssize(values), sizeof(float));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = 0;
      for (int rank = ranks_.size(); rank-- > 0;) {
        float value = 0;
        std::memcpy(
            &value,
            all.data() + (static_cast<std::size_t>(rank) * values.size() + i) * sizeof value,
            sizeof value);
        values[i] += value;
      }
    }
  }

 private:
  struct Bytes {
    std::size_t begin, count;
  };
  Bytes part(Index count, std::size_t width, int rank) const {
    const RankPart part = rank_part(count, rank, ranks_.size());
    return {static_cast<std::size_t>(part.first) * width,
            static_cast<std::size_t>(part.count) * width};
  }
  static std::span<const std::byte> bytes_of(const void* memory, std::size_t bytes) {
    return {static_cast<const std::byte*>(memory), bytes};
  }
  std::vector<std::byte> gathered(const void* values, Index count, std::size_t width) {
    const std::size_t bytes = static_cast<std::size_t>(count) * width;
    std::vector<std::byte> all(bytes * static_cast<std::size_t>(ranks_.size()));
    ranks_.all_gather(bytes_of(values, bytes), all);
    return all;
  }

  Communicator& ranks_;
  Cuda cuda_;
};

class EmulatedGpuRanks final : public GpuRanks {
 public:
  EmulatedGpuRanks(Communicator& ranks, const Cuda& cuda) : channel_(ranks, cuda) {}

  GpuChannel& compute() override { return channel_; }
  GpuChannel& background() override { return channel_; }

 private:
  EmulatedChannel channel_;
};

}  // namespace fpanet::test
