#include "data/class_match.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

std::string table_str(const NamedClasses& classes) {
  std::string text = fmt::format("\n  {} has", printable(classes.owner));
  for (Index label = 0; label < classes.table.size(); ++label) {
    text += fmt::format("{} {} '{}'", label == 0 ? "" : ",", label,
                        printable(classes.table.name(label)));
  }
  return text;
}

class MappedDataset : public Dataset {
 public:
  MappedDataset(std::unique_ptr<Dataset> dataset, std::vector<Index> to_model)
      : dataset_(std::move(dataset)), to_model_(std::move(to_model)) {
    std::vector<ClassInfo> infos(to_model_.size());
    for (std::size_t label = 0; label < infos.size(); ++label) {
      infos[static_cast<std::size_t>(to_model_[label])] = dataset_->classes().classes()[label];
    }
    classes_ = ClassTable(std::move(infos));
  }

  Index size() const override { return dataset_->size(); }
  std::string id(Index scene) const override { return dataset_->id(scene); }
  const ClassTable& classes() const override { return classes_; }
  std::string mask_note() const override { return dataset_->mask_note(); }
  bool masks_agree() const override { return dataset_->masks_agree(); }

  Scene load(Index scene) const override { return mapped(dataset_->load(scene)); }
  Scene load_native(Index scene) const override { return mapped(dataset_->load_native(scene)); }

 private:
  Scene mapped(Scene loaded) const {
    for (std::uint8_t& label : loaded.labels.labels.pixels) {
      if (label < to_model_.size()) label = static_cast<std::uint8_t>(to_model_[label]);
    }
    return loaded;
  }

  std::unique_ptr<Dataset> dataset_;
  std::vector<Index> to_model_;
  ClassTable classes_;
};

}  // namespace

std::vector<Index> match_classes(const NamedClasses& model, const NamedClasses& data,
                                 std::string_view remedy) {
  std::vector<Index> to_model;
  for (const ClassInfo& info : data.table.classes()) {
    if (const auto label = model.table.find(info.name)) to_model.push_back(*label);
  }
  // Names are unique, so equally many matches as classes on both sides are a one-to-one mapping.
  const bool same =
      data.table.size() == model.table.size() && std::ssize(to_model) == data.table.size();
  require(same, "{} and {} have different classes{}:{}{}", printable(model.owner),
          printable(data.owner), remedy, table_str(model), table_str(data));
  return to_model;
}

bool is_identity(const std::vector<Index>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != static_cast<Index>(i)) return false;
  }
  return true;
}

std::unique_ptr<Dataset> with_labels(std::unique_ptr<Dataset> dataset,
                                     std::vector<Index> to_model) {
  return std::make_unique<MappedDataset>(std::move(dataset), std::move(to_model));
}

}  // namespace fpanet
