#include "apps/training/class_check.hpp"

#include <utility>

#include "engine/weights/printable.hpp"

namespace fpanet {

bool begins_anew(const ModelClasses& model, const ClassTable& data) {
  return model.begins_with && *model.begins_with != data.size();
}

std::unique_ptr<Dataset> fit_classes(std::unique_ptr<Dataset> dataset, const ModelClasses& model,
                                     const std::string& data, std::string_view remedy,
                                     Console& console) {
  if (!model.table) {
    console.warning(
        "{}: does not name its classes; assumed to be those of {}, in the order of its class table",
        printable(model.owner), printable(data));
    return dataset;
  }
  std::vector<Index> to_model =
      match_classes({model.owner, *model.table}, {data, dataset->classes()}, remedy);
  if (is_identity(to_model)) return dataset;
  console.warning(
      "{} lists the classes in another order than {}; they are matched by name, and the order of "
      "the latter is kept",
      printable(data), printable(model.owner));
  return with_labels(std::move(dataset), std::move(to_model));
}

}  // namespace fpanet
