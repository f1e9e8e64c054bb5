#pragma once

#include <filesystem>

#include "data/class_table.hpp"
#include "data/loader.hpp"
#include "models/program.hpp"

namespace fpanet {

/// Draws a figure ID.png for every image of the evaluated batches: image, mask and prediction side
/// by side, as in the notebook's last cell.
class FigureWriter {
 public:
  /// Creates `folder`; throws Error if that fails. `classes` defines the colours.
  FigureWriter(std::filesystem::path folder, ClassTable classes);

  /// Call it after `program` has run on `batch`.
  void write(const Batch& batch, const Program& program) const;

 private:
  std::filesystem::path folder_;
  ClassTable classes_;
};

}  // namespace fpanet
