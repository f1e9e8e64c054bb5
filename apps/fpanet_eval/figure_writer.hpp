#pragma once

#include <filesystem>

#include "data/class_table.hpp"
#include "data/loader.hpp"
#include "models/program.hpp"

namespace fpanet {

/// Draws ID.png for every image of evaluated batches: image, mask and prediction, as the notebook's
/// last cell does.
class FigureWriter {
 public:
  /// Makes `folder`; throws Error if it cannot. `classes` gives the colours.
  FigureWriter(std::filesystem::path folder, ClassTable classes);

  /// After `program` has run on `batch`.
  void write(const Batch& batch, const Program& program) const;

 private:
  std::filesystem::path folder_;
  ClassTable classes_;
};

}  // namespace fpanet
