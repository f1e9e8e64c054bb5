#pragma once

#include <chrono>
#include <future>
#include <utility>

namespace fpanet {

/// Runs one task at a time on a thread of its own. A task that throws does so where its end is asked
/// for. The destructor waits for the task; then nobody hears of its error.
class BackgroundTask {
 public:
  /// Waits for the task before, then starts this one. Throws what that one has thrown.
  template <class F>
  void start(F&& task) {
    wait();
    running_ = std::async(std::launch::async, std::forward<F>(task));
  }
  /// Waits for the task, if there is one, and throws what it has thrown.
  void wait() {
    if (running_.valid()) running_.get();
  }
  /// The same if the task has ended; else returns at once.
  void check() {
    constexpr std::chrono::seconds kNoTime{0};
    if (running_.valid() && running_.wait_for(kNoTime) == std::future_status::ready) running_.get();
  }

 private:
  std::future<void> running_;
};

}  // namespace fpanet
