#pragma once
// Gives a data set the classes of the model that it is used with.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/cli/console.hpp"
#include "data/class_match.hpp"

namespace fpanet {

/// The classes of a model file; none in files of other programs.
struct ModelClasses {
  std::string owner;                ///< path of the file or run
  std::optional<ClassTable> table;  ///< in the order of the model's outputs
  /// The number of its outputs, if data with another number of classes may have a model of their own,
  /// which only begins with this one's weights.
  std::optional<Index> begins_with = std::nullopt;
};

/// Whether the data have a model of their own.
bool begins_anew(const ModelClasses& model, const ClassTable& data);

/// The data set with its labels in the order of the model's classes; says so if that is another
/// order, and warns if the file does not name its classes. Throws an Error that shows both class
/// tables if they differ in a name. `data` is the argument of --data, `remedy` is added to the
/// error.
std::unique_ptr<Dataset> fit_classes(std::unique_ptr<Dataset> dataset, const ModelClasses& model,
                                     const std::string& data, std::string_view remedy,
                                     Console& console);

}  // namespace fpanet
