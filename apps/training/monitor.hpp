#pragma once
// The column of metrics.csv by which a run chooses its best epoch and stops early.

#include <string>
#include <vector>

#include "data/class_table.hpp"

namespace fpanet {

struct Monitor {
  std::string column = "val/Loss";

  /// Losses and times are better when they are lower, and so is lr; everything else when it is
  /// higher.
  bool lower_is_better() const;
  const char* mode() const { return lower_is_better() ? "min" : "max"; }  ///< as Lightning says it
  /// Lightning's rule: strictly better. A value that is not a number is never better.
  bool better(double value, double than) const;
};

/// "val/IoU/water"
std::string class_iou_column(const std::string& class_name);

/// The columns of metrics.csv that a run on these classes writes and that can be monitored: all but
/// epoch and step.
std::vector<std::string> monitored_columns(const ClassTable& classes);

/// Throws UsageError, which lists the columns, for any other.
void check_monitor(const std::string& column, const ClassTable& classes);

}  // namespace fpanet
