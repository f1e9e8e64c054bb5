#pragma once
// How long a device stands still between steps because the next batch is not there yet. On a GPU that is
// the GPU's own time, from the end of one step to the batch of the next: it counts a late host as well
// as a late loader.

#include <chrono>
#include <vector>

#include "engine/core/stream.hpp"

namespace fpanet {

class WaitClock {
 public:
  explicit WaitClock(const Context& context);

  /// From now on the device waits for the first batch; seconds() starts at 0.
  void begin_epoch();
  /// What has passed since the last step was no waiting: a program was made.
  void forget();
  /// A batch is in place, or its last copy enqueued.
  void batch_ready();
  /// The step is done, or enqueued.
  void step_started();
  /// The oldest step not yet reported is known to be done. Without this its wait is not counted.
  void step_done();

  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  /// Steps that may be under way, and one more.
  static constexpr std::size_t kSlots = 4;

  struct Wait {
    Event begins, ends;
  };

  std::vector<Wait> waits_;  // on a GPU, step i in place i % kSlots
  Clock::time_point begins_;
  std::size_t started_ = 0, done_ = 0;
  double seconds_ = 0;
};

}  // namespace fpanet
