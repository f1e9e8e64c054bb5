#include "apps/report/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "data/text_file.hpp"
#include "tests/apps/xml_check.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::xml_problem;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Curve learning_curve(const char* name, int epochs, double from, double to) {
  Curve curve{name, {}, {}};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const double left = std::exp(-0.12 * epoch);
    curve.train.push_back({epoch, to + (from - to) * left});
    curve.val.push_back({epoch, to + (from - to) * (0.8 * left + 0.15 + 0.04 * std::cos(epoch))});
  }
  return curve;
}

Image pattern(Index size, int shift) {
  Image image(size, size, 3);
  for (Index y = 0; y < size; ++y) {
    for (Index x = 0; x < size; ++x) {
      image.at(y, x)[0] = static_cast<std::uint8_t>((x + shift) % 256);
      image.at(y, x)[1] = static_cast<std::uint8_t>((y * 2 + shift) % 256);
      image.at(y, x)[2] = static_cast<std::uint8_t>(shift);
    }
  }
  return image;
}

/// Counts that favour the diagonal; the last class neither occurs nor is predicted.
ConfusionMatrix confusion_of(Index classes) {
  ConfusionMatrix confusion(classes);
  const Index side = classes + 1;
  std::vector<std::int64_t> counts(static_cast<std::size_t>(side * side));
  for (Index t = 0; t < classes - 1; ++t) {
    for (Index p = 0; p < classes - 1; ++p) {
      counts[static_cast<std::size_t>(t * side + p)] = t == p ? 9000 * (t + 1) : 300 + 70 * p;
    }
  }
  confusion.add(counts);
  return confusion;
}

Report full_report() {
  Report report;
  report.title = "FPA-Net <on> \"fields\" & woods";
  report.subtitle = "runs/2024-05-01-1, 30 epochs";
  report.highlights = {{"pixel accuracy", "0.874"}, {"mean IoU", "0.612"}, {"best epoch", "23"}};
  report.curves = {
      learning_curve("Loss", 30, 0.8, 0.2),      learning_curve("IoU", 30, 0.2, 0.8),
      learning_curve("Accuracy", 30, 0.7, 0.96), learning_curve("Precision", 30, 0.3, 0.9),
      learning_curve("Recall", 30, 0.3, 0.9),    learning_curve("F1score", 30, 0.3, 0.9)};
  report.curves[1].val[7].value = kNan;
  report.class_curves = {learning_curve("water <deep>", 30, 0, 0.7)};
  report.best_epoch = 23;
  report.evaluated_on = "val, 121 images";
  report.classes = ClassTable::deepglobe();
  report.confusion = confusion_of(7);
  report.samples = {{"119_<sat>", pattern(128, 0), pattern(128, 90), pattern(128, 160)},
                    {"204", pattern(128, 30), pattern(128, 190), pattern(128, 60)}};
  report.configuration = {
      {"data", "a & b"}, {"epochs", "30"}, {"batch-size", "16"}, {"lr", "0.0001"}};
  report.environment = "fpanet, GCC, Linux";
  return report;
}

}  // namespace

TEST_CASE("the XML check finds what is wrong") {
  CHECK(xml_problem("<!DOCTYPE html>\n<a b=\"c\"><d/>x &amp; y</a>").empty());
  CHECK_FALSE(xml_problem("<a><b></a></b>").empty());
  CHECK_FALSE(xml_problem("<a>").empty());
  CHECK_FALSE(xml_problem("<a>x & y</a>").empty());
  CHECK_FALSE(xml_problem("<a b=c></a>").empty());
  CHECK_FALSE(xml_problem("<a b=\"<\"></a>").empty());
}

TEST_CASE("the report is well-formed, self-contained and escaped") {
  const std::string page = report_html(full_report());
  if (const char* file = std::getenv("FPANET_REPORT_SAMPLE")) write_text_file(file, page);
  CHECK(xml_problem(page) == "");
  for (const char* outside : {"http:", "https:", "<script", "<link", "url(", "@import"}) {
    CHECK_MESSAGE(!contains(page, outside), outside);
  }
  CHECK(contains(page, "FPA-Net &lt;on&gt; &quot;fields&quot; &amp; woods"));
  CHECK(contains(page, "119_&lt;sat&gt;"));
  CHECK(contains(page, "prefers-color-scheme: dark"));
}

TEST_CASE("the report shows curves, classes, matrix, samples, settings and environment") {
  const Report report = full_report();
  const std::string page = report_html(report);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = page.find(part); at != page.npos; at = page.find(part, at + 1)) ++found;
    return found;
  };
  CHECK(count("<svg") == 7);
  CHECK(contains(page, "IoU of each class (validation)"));
  CHECK(contains(page, "water &lt;deep&gt; over the epochs"));
  CHECK_FALSE(contains(page, "http-equiv"));
  CHECK(count("data:image/png;base64,") == 6);
  CHECK(count(" pixels\"") == 49);
  CHECK(count("class=\"bar\"") == 7);
  for (Index label = 0; label < 7; ++label) CHECK(contains(page, report.classes.name(label)));
  CHECK(contains(page, "agriculture_land"));
  CHECK(contains(page, "–"));  // the class that does not occur
  CHECK(contains(page, "val, 121 images"));
  CHECK(contains(page, "<code>a &amp; b</code>"));
  CHECK(contains(page, "fpanet, GCC, Linux"));
}

TEST_CASE("the report of a run that goes on is reloaded by the browser") {
  Report report = full_report();
  report.reload_seconds = 30;
  const std::string page = report_html(report);
  CHECK(xml_problem(page) == "");
  CHECK(contains(page, "<meta http-equiv=\"refresh\" content=\"30\"/>"));
}

TEST_CASE("the curves of classes come from metrics.csv by their names") {
  MetricsTable table;
  table.columns = {"epoch", "val/IoU/water", "val/IoU/a, b"};
  table.rows = {{"0", "0.25", ""}, {"0", "", ""}, {"1", "0.5", "0.125"}};
  const ClassTable classes({{"a, b", {1, 2, 3}}, {"water", {4, 5, 6}}});
  const auto curves = class_curves(table, classes);
  REQUIRE(curves.size() == 2);
  CHECK(curves[0].name == "a, b");
  REQUIRE(curves[0].val.size() == 1);
  CHECK(curves[0].val[0].epoch == 1);
  CHECK(curves[1].val.at(1).value == 0.5);
  CHECK(class_curves({}, classes).empty());
}

TEST_CASE("a report of a run that has nothing yet is a page all the same") {
  Report report;
  report.title = "empty";
  const std::string page = report_html(report);
  CHECK(xml_problem(page) == "");
  CHECK_FALSE(contains(page, "<section"));
}

TEST_CASE("charts: a gap where a value is not finite, level lines, one epoch, no epoch") {
  Curve curve{"Loss", {{0, 1}, {1, 2}, {2, kNan}, {3, 2}, {4, 1}}, {}};
  const std::string svg = chart_svg(curve, {});
  CHECK(contains(svg, "<path d=\"M"));
  const std::size_t path = svg.find("<path d=\"") + 9;
  const std::string d = svg.substr(path, svg.find('"', path) - path);
  CHECK(std::count(d.begin(), d.end(), 'M') == 2);
  CHECK(std::count(d.begin(), d.end(), 'L') == 2);
  CHECK_FALSE(contains(svg, "nan"));
  CHECK_FALSE(contains(chart_svg(curve, {}), "class=\"best\""));
  CHECK(contains(chart_svg(curve, 3), "class=\"best\""));
  CHECK(contains(chart_svg(curve, 3), "best epoch: 4"));  // people count from 1
  CHECK(contains(svg, "epoch 1: 1.0000"));
  const double next = std::nextafter(0.5, 1.0);
  for (const Curve& odd :
       {Curve{"a", {{0, 0.5}}, {}}, Curve{"b", {}, {}}, Curve{"c", {{0, 0}, {1, 0}}, {}},
        Curve{"d", {{0, 0.5}, {1, next}}, {}}, Curve{"e", {{5, kNan}}, {{5, 1e30}}}}) {
    const std::string drawn = chart_svg(odd, {});
    CHECK(xml_problem(drawn) == "");
    CHECK_FALSE(contains(drawn, "nan"));
    CHECK_FALSE(contains(drawn, "inf"));
  }
}

TEST_CASE("ticks are round numbers that cover the range") {
  CHECK(axis_ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1});
  CHECK(axis_ticks(0.13, 0.29, 5) == std::vector<double>{0.1, 0.15, 0.2, 0.25, 0.3});
  CHECK(axis_ticks(-3, 12, 5) == std::vector<double>{-5, 0, 5, 10, 15});
  CHECK(axis_ticks(0, 100, 6) == std::vector<double>{0, 20, 40, 60, 80, 100});
}

TEST_CASE("the notebook's six curves come from metrics.csv by name") {
  MetricsTable table;
  table.columns = {"epoch", "train/Loss", "val/Loss", "val/F1score"};
  table.rows = {{"0", "", "0.5", "0.25"}, {"0", "0.75", "", ""}};
  const auto curves = notebook_curves(table);
  REQUIRE(curves.size() == 6);
  CHECK(curves[0].name == "Loss");
  CHECK(curves[0].train.at(0).value == 0.75);
  CHECK(curves[0].val.at(0).value == 0.5);
  CHECK(curves[5].name == "F1score");
  CHECK(curves[5].val.at(0).value == 0.25);
  CHECK(curves[1].train.empty());
}

}  // namespace fpanet
