#pragma once
// Measures how long a device is idle between steps because the next batch has not arrived. On a GPU
// this is time on the GPU, from the end of one step until the next batch is in place. It therefore
// includes delays of the host as well as delays of the loader.

#include <chrono>
#include <vector>

#include "engine/core/stream.hpp"

namespace fpanet {

class WaitClock {
 public:
  explicit WaitClock(const Context& context);

  /// Resets seconds() to 0. From now on the device waits for the first batch.
  void begin_epoch();
  /// Discards the time since the last step, because it was spent on making a program.
  void forget();
  /// Call when a batch is in place or its last copy is enqueued.
  void batch_ready();
  /// Call when the step is done or enqueued.
  void step_started();
  /// Call when the oldest step not yet reported is known to be done. This adds its wait to
  /// seconds() on a GPU.
  void step_done();

  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  /// One more than the number of steps that may be in flight.
  static constexpr std::size_t kSlots = 4;

  struct Wait {
    Event begins, ends;
  };

  std::vector<Wait> waits_;  // only on a GPU; step i uses slot i % kSlots
  Clock::time_point begins_;
  std::size_t started_ = 0, done_ = 0;
  double seconds_ = 0;
};

}  // namespace fpanet
