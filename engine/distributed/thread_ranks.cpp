#include "engine/distributed/thread_ranks.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/background_sums.hpp"

namespace fpanet {
namespace {

/// What the threads share.
class Group {
 public:
  explicit Group(int size) : slots_(static_cast<std::size_t>(size)) {}

  int size() const { return static_cast<int>(slots_.size()); }

  /// Waits for all ranks.
  void meet() {
    std::unique_lock lock(mutex_);
    require_all_run();
    const std::uint64_t meeting = meetings_;
    if (++arrived_ == size()) {
      arrived_ = 0;
      ++meetings_;
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, [&] { return meetings_ != meeting || failed_ >= 0; });
    if (meetings_ == meeting) require_all_run();
  }

  /// Says that a rank has ended with an exception, which ends the others.
  void fail(int rank, std::exception_ptr exception) {
    const std::lock_guard lock(mutex_);
    if (failed_ >= 0) return;
    failed_ = rank;
    exception_ = std::move(exception);
    changed_.notify_all();
  }
  std::exception_ptr exception() const { return exception_; }

  /// The memory that a rank shows to the others between two meetings.
  std::span<std::byte>& slot(int rank) { return slots_[static_cast<std::size_t>(rank)]; }

 private:
  void require_all_run() const { require(failed_ < 0, "rank {} has ended with an error", failed_); }

  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0, failed_ = -1;
  std::uint64_t meetings_ = 0;
  std::exception_ptr exception_;
  std::vector<std::span<std::byte>> slots_;
};

class ThreadRank final : public Communicator {
 public:
  /// The ranks' background sums meet in `background`.
  ThreadRank(Group& group, int rank, Group* background = nullptr) : group_(group), rank_(rank) {
    if (background == nullptr) return;
    background_.emplace(std::make_unique<ThreadRank>(*background, rank));
  }

  int rank() const override { return rank_; }
  int size() const override { return group_.size(); }

  void all_reduce(std::span<double> values) override { sum(values); }
  void all_reduce(std::span<float> values) override { sum(values); }
  void all_reduce(std::span<std::int64_t> values) override { sum(values); }
  void begin_sum(const Tensor& values) override { background_->begin(values); }
  void finish_sums() override { background_->finish(); }

  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    check_gathered(mine, all, size());
    show(all);
    const std::size_t at = static_cast<std::size_t>(rank_) * mine.size();
    for (int k = 0; k < size(); ++k) {
      if (!mine.empty()) std::memcpy(group_.slot(k).data() + at, mine.data(), mine.size());
    }
    group_.meet();
  }

  void broadcast(std::span<std::byte> values, int root) override {
    show(values);
    if (rank_ != root) std::ranges::copy(group_.slot(root), values.begin());
    group_.meet();
  }

  void barrier() override { group_.meet(); }

 private:
  /// Shows `values` to the others and waits until all ranks have shown theirs.
  void show(std::span<std::byte> values) {
    group_.slot(rank_) = values;
    group_.meet();
    for (int k = 0; k < size(); ++k) {
      require(group_.slot(k).size() == values.size(),
              "rank {} has {} bytes for what rank {} has {} bytes for", rank_, values.size(), k,
              group_.slot(k).size());
    }
  }

  /// Each rank adds up its part of the values and writes the sums to all ranks.
  template <class T>
  void sum(std::span<T> values) {
    show(std::as_writable_bytes(values));
    const RankPart part = rank_part(std::ssize(values), rank_, size());
    const auto of = [&](int rank) {
      return reinterpret_cast<T*>(group_.slot(rank).data()) + part.first;
    };
    for (std::int64_t i = 0; i < part.count; ++i) {
      T total = of(0)[i];
      for (int k = 1; k < size(); ++k) total += of(k)[i];
      for (int k = 0; k < size(); ++k) of(k)[i] = total;
    }
    group_.meet();
  }

  Group& group_;
  int rank_;
  std::optional<BackgroundSums> background_;  // none in the rank that it uses itself
};

}  // namespace

void run_thread_ranks(int count, const std::function<void(Communicator&)>& body) {
  Group group(count), background(count);
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < count; ++rank) {
      threads.emplace_back([&, rank] {
        ThreadRank communicator(group, rank, &background);
        try {
          body(communicator);
        } catch (...) {
          group.fail(rank, std::current_exception());
          background.fail(rank, std::current_exception());
        }
      });
    }
  }
  if (group.exception()) std::rethrow_exception(group.exception());
}

}  // namespace fpanet
