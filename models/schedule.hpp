#pragma once
// The learning rate of each optimizer step, as a function of the step.
//
//   constant    lr
//   cosine      min + (lr - min) (1 + cos(pi t / T)) / 2
//   poly        min + (lr - min) (1 - t / T)^0.9
//   one-cycle   up from lr / 25 to lr over the first 0.3 of the steps, then down to lr / 250000, each
//               along half a cosine
//
// Without warm-up, t is the step, from 0, and T the number of steps. A warm-up over W steps rises in
// a line from lr / W at step 0 to lr at step W - 1, where the schedule begins: t = step - (W - 1),
// T = steps - (W - 1).
// Sources: torch.optim.lr_scheduler CosineAnnealingLR, PolynomialLR and OneCycleLR (pct_start 0.3,
// div_factor 25, final_div_factor 1e4).

#include <cstdint>
#include <string>
#include <vector>

namespace fpanet {

enum class ScheduleKind : std::uint8_t { constant, cosine, poly, one_cycle };

/// "constant", "cosine", "poly", "one-cycle", in the order of the kinds.
const std::vector<std::string>& schedule_names();
/// Throws Error, which lists the names, for any other.
ScheduleKind parse_schedule(const std::string& name);

struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  double lr = 1e-4;         ///< the highest rate
  std::int64_t steps = 1;   ///< of the whole run
  std::int64_t warmup = 0;  ///< steps; at most `steps`, unless the rate is constant
  double min_lr = 0;        ///< of cosine and poly
};

/// Whether the rate of a step depends on the length of the run.
bool depends_on_length(ScheduleKind kind);

/// The rate of a step, counted from 0. Steps after the last one have its end value.
double learning_rate(const Schedule& schedule, std::int64_t step);

}  // namespace fpanet
