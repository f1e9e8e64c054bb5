#pragma once
// How two sets of weights differ: names, types, shapes and values.

#include <string>
#include <vector>

#include "engine/weights/state_dict.hpp"

namespace fpanet {

struct WeightsDiff {
  struct Row {
    std::string name;
    const StateEntry* a = nullptr;  ///< null when only b has the name; owned by the state dicts
    const StateEntry* b = nullptr;
    /// Largest |a - b| over all elements; infinite where just one of the two is NaN. Meaningful
    /// when both are there and shapes are equal.
    double max_abs = 0.0;

    bool comparable() const { return a != nullptr && b != nullptr && a->shape() == b->shape(); }
    bool equal() const { return comparable() && a->type() == b->type() && max_abs == 0.0; }
  };
  std::vector<Row> rows;  ///< a's names in a's order, then what only b has in b's order
  std::string names;      ///< how a's names were mapped to b's, empty if not at all

  bool equal() const;      ///< same names, types, shapes and values
  double max_abs() const;  ///< over the comparable rows
};

/// Compares by name, after the prefixes in which the two differ are taken off (name_map.hpp); rows
/// bear b's names then. The result points into `a` and `b`.
WeightsDiff diff_weights(const StateDict& a, const StateDict& b);

}  // namespace fpanet
