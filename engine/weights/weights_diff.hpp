#pragma once
// Compares two sets of weights: names, types, shapes and values.

#include <string>
#include <vector>

#include "engine/weights/state_dict.hpp"

namespace fpanet {

struct WeightsDiff {
  struct Row {
    std::string name;
    const StateEntry* a = nullptr;  ///< null if only b has the name; owned by the state dicts
    const StateEntry* b = nullptr;
    /// Largest |a - b| over all elements; infinite if just one of two elements is NaN. Only valid
    /// if comparable().
    double max_abs = 0.0;

    bool comparable() const { return a != nullptr && b != nullptr && a->shape() == b->shape(); }
    bool equal() const { return comparable() && a->type() == b->type() && max_abs == 0.0; }
  };
  std::vector<Row> rows;  ///< a's names in a's order, then the names that only b has, in b's order
  std::string names;      ///< how a's names were mapped to b's; empty if they were not

  bool equal() const;      ///< same names, types, shapes and values
  double max_abs() const;  ///< over the comparable rows
};

/// Compares entries by name. If the two use different prefixes, a's names are first mapped to b's
/// (name_map.hpp), and matched rows have b's names. The result points into `a` and `b`.
WeightsDiff diff_weights(const StateDict& a, const StateDict& b);

}  // namespace fpanet
