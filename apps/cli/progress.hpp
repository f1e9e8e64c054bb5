#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "apps/cli/console.hpp"

namespace fpanet {

/// 59 -> "0:59", 3661 -> "1:01:01".
std::string duration_str(double seconds);

/// How far a loop over batches has come: a bar on a terminal, redrawn at most ten times a second; a
/// line every ten seconds elsewhere.
class Progress {
 public:
  using Clock = std::function<double()>;  ///< seconds, never going back

  /// `label` begins every line ("epoch 3/100 train"); `steps` is the loop's length.
  Progress(Console& console, std::string label, std::int64_t steps);
  Progress(Console& console, std::string label, std::int64_t steps, Clock clock);
  ~Progress() { console_.clear_status(); }

  /// One step is done: `images` in it, and its loss if there is one.
  void step(std::int64_t images, std::optional<double> loss = {});

  double images_per_second() const;
  double seconds() const { return clock_() - start_; }

 private:
  std::string state() const;
  std::string bar() const;

  Console& console_;
  std::string label_;
  std::int64_t steps_;
  Clock clock_;
  double start_;
  double last_shown_;
  std::int64_t done_ = 0;
  std::int64_t images_ = 0;
  std::optional<double> loss_;
};

}  // namespace fpanet
