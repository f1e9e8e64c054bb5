#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "apps/cli/console.hpp"

namespace fpanet {

/// 59 -> "0:59", 3661 -> "1:01:01".
std::string duration_str(double seconds);

/// Shows the progress of a loop over batches: on a terminal a bar, redrawn at most ten times per
/// second, otherwise a line every ten seconds.
class Progress {
 public:
  using Clock = std::function<double()>;  ///< monotonic time in seconds

  /// Every line begins with `label` ("epoch 3/100 train"); `steps` is the length of the loop, `unit` what it
  /// counts per second.
  Progress(Console& console, std::string label, std::int64_t steps, std::string unit = "images");
  Progress(Console& console, std::string label, std::int64_t steps, Clock clock,
           std::string unit = "images");
  ~Progress() { console_.clear_status(); }

  /// Call after each step, with its number of images and its loss if there is one.
  void step(std::int64_t images, std::optional<double> loss = {});

  double images_per_second() const;
  double seconds() const { return clock_() - start_; }

 private:
  std::string state() const;
  std::string bar() const;

  Console& console_;
  std::string label_;
  std::int64_t steps_;
  std::string unit_;
  Clock clock_;
  double start_;
  double last_shown_;
  std::int64_t done_ = 0;
  std::int64_t images_ = 0;
  std::optional<double> loss_;
};

}  // namespace fpanet
