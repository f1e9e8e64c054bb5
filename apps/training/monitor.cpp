#include "apps/training/monitor.hpp"

#include <algorithm>

#include "apps/cli/usage_error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

bool Monitor::lower_is_better() const {
  return column.ends_with("/Loss") || column.ends_with("Seconds") || column == "lr";
}

bool Monitor::better(double value, double than) const {
  return lower_is_better() ? value < than : value > than;
}

std::string class_iou_column(const std::string& class_name) {
  return "val/IoU/" + class_name;
}

std::vector<std::string> monitored_columns(const ClassTable& classes) {
  std::vector<std::string> columns;
  const auto add_notebook = [&](const std::string& part) {
    for (const char* quantity : {"Loss", "IoU", "Accuracy", "Precision", "Recall", "F1score"}) {
      columns.push_back(part + "/" + quantity);
    }
  };
  add_notebook("val");
  for (const char* name : {"val/PixelAccuracy", "val/MeanIoU", "val/MeanIoUKnown"}) {
    columns.emplace_back(name);
  }
  for (const ClassInfo& info : classes.classes()) columns.push_back(class_iou_column(info.name));
  add_notebook("train");
  for (const char* name : {"lr", "train/Seconds", "train/ImagesPerSecond", "train/WaitSeconds"}) {
    columns.emplace_back(name);
  }
  return columns;
}

void check_monitor(const std::string& column, const ClassTable& classes) {
  const std::vector<std::string> columns = monitored_columns(classes);
  if (std::ranges::find(columns, column) != columns.end()) return;
  usage_fail("--monitor {}: not a column of metrics.csv: accepted are {}", column,
             join(columns, ", "));
}

}  // namespace fpanet
