#include "apps/training/wait_clock.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace fpanet {

TEST_CASE("waits between steps count, steps do not") {
  using namespace std::chrono_literals;
  WaitClock clock(Cpu{1});
  clock.begin_epoch();
  for (int step = 0; step < 2; ++step) {
    std::this_thread::sleep_for(20ms);  // the batch
    clock.batch_ready();
    std::this_thread::sleep_for(200ms);  // the step
    clock.step_started();
    clock.step_done();
  }
  CHECK(clock.seconds() >= 0.040);
  CHECK(clock.seconds() < 0.200);
  clock.begin_epoch();
  CHECK(clock.seconds() == 0);
  std::this_thread::sleep_for(40ms);  // a program is made
  clock.forget();
  clock.batch_ready();
  CHECK(clock.seconds() < 0.040);
}

}  // namespace fpanet
