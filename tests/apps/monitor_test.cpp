#include "apps/training/monitor.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "apps/cli/usage_error.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

TEST_CASE("monitor: losses and times are better when lower, all else when higher") {
  for (const char* column : {"val/Loss", "train/Loss", "lr", "train/Seconds"}) {
    CAPTURE(column);
    CHECK(Monitor{column}.mode() == std::string("min"));
    CHECK(Monitor{column}.better(0.5, 0.6));
    CHECK_FALSE(Monitor{column}.better(0.5, 0.5));
  }
  for (const char* column :
       {"val/MeanIoU", "val/F1score", "val/IoU/water", "train/ImagesPerSecond"}) {
    CAPTURE(column);
    CHECK(Monitor{column}.mode() == std::string("max"));
    CHECK(Monitor{column}.better(0.6, 0.5));
    CHECK_FALSE(Monitor{column}.better(std::nan(""), 0.5));
  }
}

TEST_CASE("monitor: a column that metrics.csv will not have is refused with those that it will") {
  const ClassTable classes({{"water", {0, 0, 255}}, {"rock", {9, 9, 9}}});
  check_monitor("val/IoU/rock", classes);
  const auto message = message_of<UsageError>([&] { check_monitor("val/IoU/forest", classes); });
  CHECK(contains(message, "--monitor val/IoU/forest: not a column of metrics.csv"));
  CHECK(contains(message, "val/MeanIoU, val/MeanIoUKnown, val/IoU/water, val/IoU/rock"));
}

}  // namespace fpanet
