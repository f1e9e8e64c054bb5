#pragma once
// Compares the classes of a model with those of a data set. A model knows its classes by number, so
// data whose class table lists them in another order needs its labels mapped, and data with other
// classes cannot be used.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"

namespace fpanet {

/// A class table and what it belongs to, for messages.
struct NamedClasses {
  std::string owner;  ///< "runs/demo", "data/train"
  ClassTable table;
};

/// For each label of the data, the label of the class with this name in the model. Throws an Error
/// that shows both tables unless both have the same names; `remedy` ends its first line.
std::vector<Index> match_classes(const NamedClasses& model, const NamedClasses& data,
                                 std::string_view remedy = "");

/// Whether every label maps to itself.
bool is_identity(const std::vector<Index>& labels);

/// The same scenes with the labels mapped by `to_model` (match_classes), and the class table in the
/// model's order. Colours remain those of the data.
std::unique_ptr<Dataset> with_labels(std::unique_ptr<Dataset> dataset, std::vector<Index> to_model);

}  // namespace fpanet
