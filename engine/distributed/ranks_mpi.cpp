// The backend of mpi_ranks.hpp.

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/background_sums.hpp"
#include "engine/distributed/mpi_ranks.hpp"

namespace fpanet {
namespace {

/// Byte counts of MPI are ints.
int count_of(std::size_t bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  require(bytes <= kMost, "MPI: {} bytes at once are more than {}", bytes, kMost);
  return static_cast<int>(bytes);
}

/// How a rank waits for others.
enum class Wait : std::uint8_t {
  busily,  ///< as MPI does it: the fastest
  asleep,  ///< between short looks, so that the processor can compute
};

/// The collective functions on one MPI communicator.
class MpiChannel : public Communicator {
 public:
  MpiChannel(MPI_Comm comm, Wait wait) : comm_(comm), wait_(wait) {
    MPI_Comm_rank(comm, &rank_);
    MPI_Comm_size(comm, &size_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void all_reduce(std::span<double> values) override { sum(values); }
  void all_reduce(std::span<float> values) override { sum(values); }
  void all_reduce(std::span<std::int64_t> values) override { sum(values); }
  void begin_sum(const Tensor& values) override { fpanet::all_reduce(*this, values); }
  void finish_sums() override {}

  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    check_gathered(mine, all, size_);
    const int bytes = count_of(mine.size());
    MPI_Allgather(mine.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, comm_);
  }
  void broadcast(std::span<std::byte> values, int root) override {
    MPI_Bcast(values.data(), count_of(values.size()), MPI_BYTE, root, comm_);
  }
  void barrier() override { MPI_Barrier(comm_); }

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
    exchange(values.data(), counts, offsets, own_counts, own_offsets);
    const T* const received = reinterpret_cast<const T*>(received_.data());
    T* const sums = values.data() + mine.first;
    for (std::size_t i = 0; i < own; ++i) {
      T total = received[i];
      for (std::size_t r = 1; r < ranks; ++r) total += received[r * own + i];
      sums[i] = total;
    }
    gather(values.data(), counts, offsets);
  }

  using Ints = std::vector<int>;

  void exchange(const void* values, const Ints& counts, const Ints& offsets, const Ints& own_counts,
                const Ints& own_offsets) {
    if (wait_ == Wait::busily) {
      MPI_Alltoallv(values, counts.data(), offsets.data(), MPI_BYTE, received_.data(),
                    own_counts.data(), own_offsets.data(), MPI_BYTE, comm_);
      return;
    }
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ialltoallv(values, counts.data(), offsets.data(), MPI_BYTE, received_.data(),
                   own_counts.data(), own_offsets.data(), MPI_BYTE, comm_, &request);
    sleep_until_done(request);
  }
  void gather(void* values, const Ints& counts, const Ints& offsets) const {
    if (wait_ == Wait::busily) {
      MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts.data(), offsets.data(),
                     MPI_BYTE, comm_);
      return;
    }
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts.data(), offsets.data(),
                    MPI_BYTE, comm_, &request);
    sleep_until_done(request);
  }
  static void sleep_until_done(MPI_Request& request) {
    int done = 0;
    while (MPI_Test(&request, &done, MPI_STATUS_IGNORE), done == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  MPI_Comm comm_;
  Wait wait_;
  int rank_ = 0, size_ = 1;
  std::vector<std::byte> received_;
};

/// MPI, from its beginning to its end. The background sums have an MPI communicator of their own. An
/// MPI that takes calls of one thread only adds up at once.
class MpiRanks final : public MpiChannel {
 public:
  explicit MpiRanks(int threads) : MpiChannel(MPI_COMM_WORLD, Wait::busily) {
    if (threads < MPI_THREAD_MULTIPLE) return;
    MPI_Comm own = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_WORLD, &own);
    background_.emplace(std::make_unique<MpiChannel>(own, Wait::asleep));
  }
  ~MpiRanks() override {
    background_.reset();
    MPI_Finalize();
  }

  void begin_sum(const Tensor& values) override {
    if (background_) return background_->begin(values);
    MpiChannel::begin_sum(values);
  }
  void finish_sums() override {
    if (background_) background_->finish();
  }

 private:
  std::optional<BackgroundSums> background_;
};

}  // namespace

bool has_mpi() {
  return true;
}

std::unique_ptr<Communicator> connect_mpi_ranks() {
  int threads = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &threads);
  return std::make_unique<MpiRanks>(threads);
}

void end_mpi_ranks(int exit_code) {
  int initialised = 0;
  MPI_Initialized(&initialised);
  if (initialised != 0) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace fpanet
