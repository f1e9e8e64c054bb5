#pragma once
// Sums over ranks that go on while the rank computes.

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/core/tensor.hpp"
#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// A thread that adds up one tensor after the other, in the order in which they were given.
class BackgroundSums {
 public:
  /// Takes a connection of its own: sums on it meet those of the other ranks' threads, whatever
  /// collective functions the ranks call on other connections meanwhile.
  explicit BackgroundSums(std::unique_ptr<Communicator> ranks);
  /// Waits for the sum that is going on and drops those that have not begun.
  ~BackgroundSums();
  BackgroundSums(const BackgroundSums&) = delete;
  BackgroundSums& operator=(const BackgroundSums&) = delete;

  /// Begins to replace `values`, f32 or f64 on the CPU, by their sums. The handle keeps the memory.
  void begin(Tensor values);
  /// Waits for all sums that have begun; throws what one of them has thrown.
  void finish();

 private:
  void work();

  std::unique_ptr<Communicator> ranks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Tensor> waiting_;  // the first one may be going on
  bool ends_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // begins with the first sum
};

/// The sum of a tensor's values by all_reduce. Throws Error unless it is f32 or f64.
void all_reduce(Communicator& ranks, const Tensor& values);

}  // namespace fpanet
