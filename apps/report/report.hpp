#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/report/chart.hpp"
#include "data/class_table.hpp"
#include "data/confusion.hpp"
#include "data/image.hpp"

namespace fpanet {

struct NamedText {
  std::string name, text;
};

/// One scene with its mask and the model's prediction; all are RGB.
struct ReportSample {
  std::string name;
  Image image, mask, prediction;
  std::string image_title = "image";  ///< says which bands of the scene are shown
};

/// The contents of a training report. Empty parts are left out.
struct Report {
  std::string title;
  std::string subtitle;
  std::vector<NamedText> highlights;  ///< the key numbers at the top
  std::vector<Curve> curves;
  std::vector<Curve> class_curves;  ///< the validation IoU of each class
  std::optional<std::int64_t> best_epoch;
  std::string evaluated_on;  ///< the data behind the table and the matrix: "val, 121 images"
  ClassTable classes;
  std::optional<ConfusionMatrix> confusion;
  std::vector<ReportSample> samples;
  std::vector<NamedText> configuration;
  std::string environment;
  /// Of a run that goes on: a browser reloads the page after so many seconds.
  std::optional<int> reload_seconds;
};

/// One HTML page that needs no other file and no network: styles and charts are inline, images are
/// embedded. The page is also well-formed XML.
std::string report_html(const Report& report);

}  // namespace fpanet
