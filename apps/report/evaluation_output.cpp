#include "apps/report/evaluation_output.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "apps/cli/metric_text.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

std::size_t name_width(const ClassTable& classes) {
  std::size_t width = std::string_view("class").size();
  for (const ClassInfo& known : classes.classes())
    width = std::max(width, printable(known.name).str().size());
  return width;
}

std::string loss_name(const Objective& objective) {
  const std::string name = objective.name();
  return name == "dice" ? "Dice loss" : "loss " + name;
}

std::string summary(const Tally& tally, const ClassTable& classes) {
  const EpochMetrics& metrics = tally.metrics();
  const ConfusionMatrix& confusion = tally.confusion();
  using Row = std::pair<std::string, double>;
  const std::array rows = {Row{loss_name(tally.objective()), metrics.loss.value()},
                           Row{"IoU", metrics.iou.value()},
                           Row{"accuracy", metrics.accuracy.value()},
                           Row{"precision", metrics.precision.value()},
                           Row{"recall", metrics.recall.value()},
                           Row{"F1", metrics.f1.value()},
                           Row{"pixel accuracy", confusion.pixel_accuracy()},
                           Row{"mean IoU", confusion.mean_iou()},
                           Row{"mean IoU without unknown", mean_iou_known(confusion, classes)}};
  std::string text = fmt::format("{:26}{:>7}\n", "images", tally.images());
  for (const auto& [name, value] : rows)
    text += fmt::format("{:26}{:>7}\n", name, metric_text(value));
  return text + "IoU to F1 are computed as in the notebook: micro-imagewise, means over batches\n";
}

std::string class_table(const ConfusionMatrix& confusion, const ClassTable& classes) {
  const std::size_t width = name_width(classes);
  std::string text = fmt::format("{:{}} {:>9} {:>9} {:>9} {:>9} {:>12}\n", "class", width, "IoU",
                                 "precision", "recall", "F1", "pixels");
  for (Index label = 0; label < classes.size(); ++label) {
    const ClassScore score = confusion.of(label);
    text +=
        fmt::format("{:{}} {:>9} {:>9} {:>9} {:>9} {:>12}\n", printable(classes.name(label)).str(),
                    width, metric_text(score.iou), metric_text(score.precision),
                    metric_text(score.recall), metric_text(score.f1), score.pixels);
  }
  return text;
}

std::string confusion_table(const ConfusionMatrix& confusion, const ClassTable& classes) {
  const std::size_t width = name_width(classes);
  std::string text =
      "confusion matrix in pixels: rows are classes in the masks, columns predicted classes\n";
  text += fmt::format("{:{}}", "", width);
  for (Index column = 0; column < classes.size(); ++column) text += fmt::format(" {:>12}", column);
  text += '\n';
  for (Index row = 0; row < classes.size(); ++row) {
    text += fmt::format("{:{}}", printable(classes.name(row)).str(), width);
    for (Index column = 0; column < classes.size(); ++column) {
      text += fmt::format(" {:>12}", confusion.at(row, column));
    }
    text += '\n';
  }
  return text;
}

}  // namespace

double mean_iou_known(const ConfusionMatrix& confusion, const ClassTable& classes) {
  return confusion.mean_iou(classes.find("unknown"));
}

std::string evaluation_text(const Tally& tally, const ClassTable& classes) {
  return fmt::format("{}\n{}\n{}", summary(tally, classes), class_table(tally.confusion(), classes),
                     confusion_table(tally.confusion(), classes));
}

std::string evaluation_json(const Tally& tally, const ClassTable& classes) {
  using Json = nlohmann::ordered_json;
  const EpochMetrics& metrics = tally.metrics();
  const ConfusionMatrix& confusion = tally.confusion();
  Json per_class = Json::array();
  Json matrix = Json::array();
  for (Index row = 0; row < classes.size(); ++row) {
    const ClassScore score = confusion.of(row);
    per_class.push_back({{"name", classes.name(row)},
                         {"iou", score.iou},
                         {"precision", score.precision},
                         {"recall", score.recall},
                         {"f1", score.f1},
                         {"pixels", score.pixels}});
    Json counts = Json::array();
    for (Index column = 0; column < classes.size(); ++column) {
      counts.push_back(confusion.at(row, column));
    }
    matrix.push_back(std::move(counts));
  }
  // The JSON library writes NaN as null.
  Json json = {{"loss", metrics.loss.value()},
               {"iou", metrics.iou.value()},
               {"accuracy", metrics.accuracy.value()},
               {"precision", metrics.precision.value()},
               {"recall", metrics.recall.value()},
               {"f1", metrics.f1.value()},
               {"pixel_accuracy", confusion.pixel_accuracy()},
               {"mean_iou", confusion.mean_iou()},
               {"mean_iou_known", mean_iou_known(confusion, classes)},
               {"per_class", std::move(per_class)},
               {"confusion", std::move(matrix)},
               {"images", tally.images()}};
  if (const std::string name = tally.objective().name(); name != "dice") json["objective"] = name;
  return json.dump(1) + "\n";
}

}  // namespace fpanet
