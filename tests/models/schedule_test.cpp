// Learning rates of schedules, against PyTorch's and at their ends.

#include "models/schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.hpp"
#include "tests/support/golden.hpp"

using namespace fpanet;

TEST_CASE("golden: the learning rate of every step of PyTorch's schedulers") {
  const auto file = test::golden_path("schedules.json");
  REQUIRE(file);
  const auto golden = nlohmann::json::parse(std::ifstream(*file));
  const auto check = [&](const char* key, Schedule schedule) {
    CAPTURE(key);
    schedule.lr = golden.at("lr");
    schedule.steps = golden.at("steps");
    const std::vector<double> rates = golden.at(key);
    REQUIRE(std::ssize(rates) == schedule.steps);
    for (std::size_t step = 0; step < rates.size(); ++step) {
      CAPTURE(step);
      const double rate = learning_rate(schedule, static_cast<std::int64_t>(step));
      CHECK(std::abs(rate - rates[step]) <= 1e-9 * rates[step]);
    }
  };
  check("cosine", {.kind = ScheduleKind::cosine, .min_lr = 1e-5});
  check("poly_0.9", {.kind = ScheduleKind::poly});
  check("one_cycle", {.kind = ScheduleKind::one_cycle});
  check("warmup_cosine",
        {.kind = ScheduleKind::cosine, .warmup = golden.at("warmup_steps"), .min_lr = 1e-5});
}

TEST_CASE("a constant rate is exactly --lr, after a warm-up that rises to it") {
  for (const std::int64_t step : {0, 1, 1000000}) {
    CHECK(learning_rate({.lr = 3e-5, .steps = 10}, step) == 3e-5);
  }
  const Schedule rising{.lr = 1e-3, .steps = 3, .warmup = 4};  // may be longer than the run
  CHECK(learning_rate(rising, 0) == 2.5e-4);
  CHECK(learning_rate(rising, 2) == 7.5e-4);
  CHECK(learning_rate(rising, 3) == 1e-3);
  CHECK(learning_rate(rising, 9) == 1e-3);
}

TEST_CASE("a warm-up joins every schedule at --lr, and all end at their lowest rate") {
  for (const ScheduleKind kind : {ScheduleKind::cosine, ScheduleKind::poly}) {
    for (const std::int64_t warmup : {0, 1, 5, 20}) {
      const Schedule schedule{
          .kind = kind, .lr = 1e-3, .steps = 20, .warmup = warmup, .min_lr = 1e-4};
      CAPTURE(warmup);
      CHECK(learning_rate(schedule, warmup > 0 ? warmup - 1 : 0) == doctest::Approx(1e-3));
      CHECK(learning_rate(schedule, 20) == doctest::Approx(1e-4));
      CHECK(learning_rate(schedule, 25) == doctest::Approx(1e-4));
    }
  }
}

TEST_CASE("one cycle of very few steps has finite rates") {
  for (const std::int64_t steps : {1, 2, 3, 4, 7}) {
    for (std::int64_t step = 0; step <= steps; ++step) {
      const double rate =
          learning_rate({.kind = ScheduleKind::one_cycle, .lr = 1, .steps = steps}, step);
      CAPTURE(steps);
      CAPTURE(step);
      CHECK(rate > 0);
      CHECK(rate <= 1);
    }
  }
}

TEST_CASE("schedules have names") {
  for (const std::string& name : schedule_names()) {
    CHECK(schedule_names()[static_cast<std::size_t>(parse_schedule(name))] == name);
  }
  CHECK_THROWS_WITH_AS(parse_schedule("step"),
                       "schedule: 'step' is unknown; known are constant, cosine, poly, one-cycle",
                       Error);
}
