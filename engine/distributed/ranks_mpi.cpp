// The backend of mpi_ranks.hpp.

#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/mpi_ranks.hpp"

namespace fpanet {
namespace {

/// Byte counts of MPI are ints.
int count_of(std::size_t bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  require(bytes <= kMost, "MPI: {} bytes at once are more than {}", bytes, kMost);
  return static_cast<int>(bytes);
}

class MpiRanks final : public Communicator {
 public:
  MpiRanks() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  ~MpiRanks() override { MPI_Finalize(); }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void all_reduce(std::span<double> values) override { sum(values); }
  void all_reduce(std::span<float> values) override { sum(values); }
  void all_reduce(std::span<std::int64_t> values) override { sum(values); }

  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    require(all.size() == mine.size() * static_cast<std::size_t>(size_),
            "all_gather: {} bytes of each of {} ranks do not fit in {}", mine.size(), size_,
            all.size());
    const int bytes = count_of(mine.size());
    MPI_Allgather(mine.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, MPI_COMM_WORLD);
  }
  void broadcast(std::span<std::byte> values, int root) override {
    MPI_Bcast(values.data(), count_of(values.size()), MPI_BYTE, root, MPI_COMM_WORLD);
  }
  void barrier() override { MPI_Barrier(MPI_COMM_WORLD); }

 private:
  /// Each rank receives its part of the values from all ranks, adds it up in their order, and gives the
  /// sums to all. MPI_Allreduce would move as many bytes, but its order of additions depends on the
  /// library and the machines.
  template <class T>
  void sum(std::span<T> values) {
    constexpr std::size_t kMost = std::size_t{1} << 22;  // bounds the memory for what is received
    for (std::size_t begin = 0; begin < values.size(); begin += kMost) {
      sum_piece(values.subspan(begin, std::min(kMost, values.size() - begin)));
    }
  }

  template <class T>
  void sum_piece(std::span<T> values) {
    const auto ranks = static_cast<std::size_t>(size_);
    const RankPart mine = rank_part(std::ssize(values), rank_, size_);
    std::vector<int> counts(ranks), offsets(ranks), own_counts(ranks), own_offsets(ranks);
    for (int r = 0; r < size_; ++r) {
      const RankPart part = rank_part(std::ssize(values), r, size_);
      const auto at = static_cast<std::size_t>(r);
      counts[at] = static_cast<int>(part.count * static_cast<std::int64_t>(sizeof(T)));
      offsets[at] = static_cast<int>(part.first * static_cast<std::int64_t>(sizeof(T)));
      own_counts[at] = static_cast<int>(mine.count * static_cast<std::int64_t>(sizeof(T)));
      own_offsets[at] = r * own_counts[at];
    }
    const auto own = static_cast<std::size_t>(mine.count);
    received_.resize(own * ranks * sizeof(T));
    MPI_Alltoallv(values.data(), counts.data(), offsets.data(), MPI_BYTE, received_.data(),
                  own_counts.data(), own_offsets.data(), MPI_BYTE, MPI_COMM_WORLD);
    const T* const received = reinterpret_cast<const T*>(received_.data());
    T* const sums = values.data() + mine.first;
    for (std::size_t i = 0; i < own; ++i) {
      T total = received[i];
      for (std::size_t r = 1; r < ranks; ++r) total += received[r * own + i];
      sums[i] = total;
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values.data(), counts.data(), offsets.data(),
                   MPI_BYTE, MPI_COMM_WORLD);
  }

  int rank_ = 0, size_ = 1;
  std::vector<std::byte> received_;
};

}  // namespace

std::unique_ptr<Communicator> connect_mpi_ranks() {
  return std::make_unique<MpiRanks>();
}

void end_mpi_ranks(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace fpanet
