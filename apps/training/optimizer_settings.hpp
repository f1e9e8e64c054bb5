#pragma once
// How a run updates the parameters, as flags say it.

#include <cstdint>
#include <optional>
#include <string>

#include "apps/cli/settings.hpp"
#include "models/schedule.hpp"

namespace fpanet {

/// The values of the flags with the same names.
struct OptimizerSettings {
  std::string schedule = "constant";
  std::int64_t warmup = 0;  ///< steps
  double min_lr = 0;
  double encoder_lr = 1;            ///< factor
  std::int64_t freeze_encoder = 0;  ///< epochs
  std::string ema = "off";          ///< off, or the decay
  std::string clip_norm = "off";    ///< off, or the largest norm

  bool operator==(const OptimizerSettings&) const = default;

  /// The decay of the average of the parameters, and the largest norm of all gradients; none: off.
  std::optional<double> ema_decay() const;
  std::optional<double> largest_norm() const;
};

/// Makes every member one of `settings`.
void describe(OptimizerSettings& optimizer, Settings& settings);

/// Throws UsageError naming the flag, if one is set that does not go with --schedule or --lr.
void check(const OptimizerSettings& optimizer, double lr);

/// The schedule of a run of `steps` optimizer steps. Throws UsageError if its warm-up is longer.
Schedule schedule_of(const OptimizerSettings& optimizer, double lr, std::int64_t steps);

}  // namespace fpanet
