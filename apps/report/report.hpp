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

/// What the model made of one scene; all RGB.
struct ReportSample {
  std::string name;
  Image image, mask, prediction;
};

/// Everything that a training report shows. Parts that are empty are left out.
struct Report {
  std::string title;
  std::string subtitle;
  std::vector<NamedText> highlights;  ///< the few numbers to see first
  std::vector<Curve> curves;
  std::optional<std::int64_t> best_epoch;
  std::string evaluated_on;  ///< what the table and the matrix were measured on: "val, 121 images"
  ClassTable classes;
  std::optional<ConfusionMatrix> confusion;
  std::vector<ReportSample> samples;
  std::vector<NamedText> configuration;
  std::string environment;
};

/// One HTML page that needs no other file and no network: styles and charts inline, pictures
/// embedded. It is also well-formed XML.
std::string report_html(const Report& report);

}  // namespace fpanet
