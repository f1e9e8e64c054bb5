#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace fpanet {

/// Hands items from one thread to another. It holds at most `capacity`, so that a fast thread waits for a slow
/// one instead of filling the memory.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room. Returns false, and drops the item, after cancel().
  bool push(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return cancelled_ || items_.size() < capacity_; });
    if (cancelled_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }
  /// Waits for an item. Returns none after the last item of a finished queue, and after cancel().
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return cancelled_ || finished_ || !items_.empty(); });
    if (cancelled_ || items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }
  /// Says that no more items come.
  void finish() { set(finished_); }
  /// Wakes both threads: the work has failed.
  void cancel() { set(cancelled_); }

 private:
  void set(bool& state) {
    const std::lock_guard lock(mutex_);
    state = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
  std::size_t capacity_;
  bool finished_ = false, cancelled_ = false;
};

}  // namespace fpanet
