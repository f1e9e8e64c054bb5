#include "apps/training/wait_clock.hpp"

namespace fpanet {

WaitClock::WaitClock(const Context& context) {
  if (!std::holds_alternative<Cuda>(context)) return;
  for (std::size_t i = 0; i < kSlots; ++i)
    waits_.push_back({Event(context, true), Event(context, true)});
}

void WaitClock::begin_epoch() {
  seconds_ = 0;
  started_ = done_ = 0;
  forget();
}

void WaitClock::forget() {
  begins_ = Clock::now();
  if (!waits_.empty()) waits_[started_ % kSlots].begins.record();
}

void WaitClock::batch_ready() {
  if (waits_.empty()) {
    seconds_ += std::chrono::duration<double>(Clock::now() - begins_).count();
  } else {
    waits_[started_ % kSlots].ends.record();
  }
}

void WaitClock::step_started() {
  ++started_;
  forget();
}

void WaitClock::step_done() {
  if (waits_.empty()) return;
  const Wait& wait = waits_[done_++ % kSlots];
  seconds_ += wait.ends.seconds_since(wait.begins);
}

}  // namespace fpanet
