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
    for (Index scene = 0; scene < dataset_->size(); ++scene) {
      const SceneFacts* const facts = dataset_->facts(scene);
      if (facts == nullptr) break;
      SceneFacts& own = facts_.emplace_back(*facts);
      for (std::size_t label = 0; label < to_model_.size(); ++label) {
        own.class_pixels[static_cast<std::size_t>(to_model_[label])] = facts->class_pixels[label];
      }
    }
  }

  Index size() const override { return dataset_->size(); }
  std::string id(Index scene) const override { return dataset_->id(scene); }
  const ClassTable& classes() const override { return classes_; }
  std::string mask_note() const override { return dataset_->mask_note(); }
  bool masks_agree() const override { return dataset_->masks_agree(); }

  Scene load(Index scene) const override { return mapped(dataset_->load(scene)); }
  Scene load_native(Index scene) const override { return mapped(dataset_->load_native(scene)); }

  bool windowed() const override { return dataset_->windowed(); }
  Index pictures() const override { return dataset_->pictures(); }
  Index picture_of(Index scene) const override { return dataset_->picture_of(scene); }
  std::string picture_id(Index picture) const override { return dataset_->picture_id(picture); }
  Split usual_split() const override { return dataset_->usual_split(); }
  bool has_split() const override { return dataset_->has_split(); }
  const SceneFacts* facts(Index scene) const override {
    return facts_.empty() ? nullptr : &facts_[static_cast<std::size_t>(scene)];
  }
  Scene load_random(Index scene, const RandomWindow& window) const override {
    return mapped(dataset_->load_random(scene, window));
  }
  Image load_samples(Index scene) const override { return dataset_->load_samples(scene); }
  std::optional<double> pixel_size() const override { return dataset_->pixel_size(); }
  std::vector<std::string> notes() const override { return dataset_->notes(); }
  std::vector<std::string> judge_split(const Split& split) const override {
    return dataset_->judge_split(split);
  }

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
  std::vector<SceneFacts> facts_;  // as of dataset_, if it has any
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
