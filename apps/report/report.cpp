#include "apps/report/report.hpp"

#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "apps/report/figures.hpp"
#include "apps/report/html.hpp"
#include "apps/report/report_style.hpp"

namespace fpanet {
namespace {

// From this share on, a cell of the matrix is so dark that its text uses the card's background
// colour.
constexpr double kStrongShare = 0.65;

std::string section(const std::string& heading, const std::string& body) {
  return fmt::format("<section><h2>{}</h2>{}</section>\n", html_escaped(heading), body);
}

std::string number_text(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.3f}", value);
}

std::string percent(double share) {
  return std::isnan(share) ? "–" : fmt::format("{:.1f}%", 100 * share);
}

double ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::string class_label(const ClassTable& classes, Index label) {
  const Rgb& color = classes.color(label);
  return fmt::format("<i class=\"swatch\" style=\"background:rgb({},{},{})\"></i>{}", color[0],
                     color[1], color[2], html_escaped(classes.name(label)));
}

std::string highlights_html(const std::vector<NamedText>& highlights) {
  std::string tiles;
  for (const NamedText& tile : highlights) {
    tiles += fmt::format("<div class=\"card\"><span class=\"soft\">{}</span><b>{}</b></div>",
                         html_escaped(tile.name), html_escaped(tile.text));
  }
  return fmt::format("<div class=\"tiles\">{}</div>\n", tiles);
}

std::string charts_html(const std::vector<Curve>& curves, std::optional<std::int64_t> best_epoch) {
  std::string charts;
  for (const Curve& curve : curves) {
    charts += fmt::format("<div class=\"card\">{}</div>\n", chart_svg(curve, best_epoch));
  }
  return fmt::format("<div class=\"charts\">{}</div>", charts);
}

std::string curves_html(const Report& report) {
  return fmt::format(
      "<p class=\"legend\"><span><i style=\"background:var(--train)\"></i>training</span>"
      "<span><i style=\"background:var(--val)\"></i>validation</span>{}</p>"
      "{}",
      report.best_epoch ? "<span>dashed: best epoch</span>" : "",
      charts_html(report.curves, report.best_epoch));
}

std::string classes_html(const ClassTable& classes, const ConfusionMatrix& confusion) {
  std::string rows;
  for (Index label = 0; label < classes.size(); ++label) {
    const ClassScore score = confusion.of(label);
    rows += fmt::format(
        "<tr><td>{}</td><td><span class=\"bar\"><i "
        "style=\"width:{:.1f}%\"></i></span><b>{}</b></td>"
        "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        class_label(classes, label), std::isnan(score.iou) ? 0 : 100 * score.iou,
        number_text(score.iou), number_text(score.precision), number_text(score.recall),
        number_text(score.f1), score.pixels, percent(ratio(score.pixels, confusion.pixels())));
  }
  return fmt::format(
      "<div class=\"card scroll\"><table><thead><tr><th>class</th><th>IoU</th><th>precision</th>"
      "<th>recall</th><th>F1</th><th>pixels</th><th>share</th></tr></thead>\n<tbody>{}</tbody>"
      "</table></div>",
      rows);
}

/// One row per true class. A cell's shade is the share of that class predicted as the column's
/// class.
std::string confusion_html(const ClassTable& classes, const ConfusionMatrix& confusion) {
  std::string head = "<th>true \\ predicted</th>";
  std::string rows;
  for (Index target = 0; target < classes.size(); ++target) {
    head += fmt::format("<th>{}</th>", html_escaped(classes.name(target)));
    const std::int64_t pixels = confusion.of(target).pixels;
    rows += fmt::format("<tr><td>{}</td>", class_label(classes, target));
    for (Index predicted = 0; predicted < classes.size(); ++predicted) {
      const std::int64_t count = confusion.at(target, predicted);
      const double share = ratio(count, pixels);
      rows += fmt::format(
          "<td{} style=\"background:rgba(var(--accent),{:.3f})\" title=\"{} pixels\">{}</td>",
          share >= kStrongShare ? " class=\"strong\"" : "", std::isnan(share) ? 0 : share, count,
          percent(share));
    }
    rows += "</tr>\n";
  }
  return fmt::format(
      "<div class=\"card scroll\"><table class=\"matrix\"><thead><tr>{}</tr></thead>\n"
      "<tbody>{}</tbody></table></div>",
      head, rows);
}

std::string samples_html(const Report& report) {
  std::string legend;
  for (Index label = 0; label < report.classes.size(); ++label) {
    legend += fmt::format("<span>{}</span>", class_label(report.classes, label));
  }
  std::string figures;
  for (const ReportSample& sample : report.samples) {
    std::string pictures;
    const auto picture = [&](const std::string& what, const Image& image) {
      pictures += fmt::format("<span>{}<img alt=\"{}\" src=\"{}\"/></span>", what, what,
                              png_data_url(image));
    };
    picture(html_escaped(sample.image_title), sample.image);
    picture("original mask", sample.mask);
    picture("prediction", sample.prediction);
    figures += fmt::format(
        "<figure class=\"card\"><figcaption>{}</figcaption><div "
        "class=\"three\">{}</div></figure>\n",
        html_escaped(sample.name), pictures);
  }
  return fmt::format("<p class=\"classes\">{}</p><div class=\"samples\">{}</div>", legend, figures);
}

std::string configuration_html(const std::vector<NamedText>& configuration) {
  std::string rows;
  for (const NamedText& setting : configuration) {
    rows += fmt::format("<div><span class=\"soft\">{}</span><code>{}</code></div>",
                        html_escaped(setting.name), html_escaped(setting.text));
  }
  return fmt::format("<div class=\"card settings\">{}</div>", rows);
}

}  // namespace

std::string report_html(const Report& report) {
  const std::string title = html_escaped(report.title);
  const std::string reload =
      report.reload_seconds
          ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\"/>", *report.reload_seconds)
          : "";
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
      "{}<title>{}</title><style>{}</style></head>\n<body><main><h1>{}</h1>"
      "<p class=\"soft\">{}</p>\n",
      reload, title, kReportStyle, title, html_escaped(report.subtitle));
  if (!report.highlights.empty()) page += highlights_html(report.highlights);
  if (!report.curves.empty()) page += section("Training", curves_html(report));
  if (!report.class_curves.empty()) {
    page += section("IoU of each class (validation)",
                    charts_html(report.class_curves, report.best_epoch));
  }
  if (report.confusion) {
    page += section("Classes (" + report.evaluated_on + ")",
                    classes_html(report.classes, *report.confusion));
    page += section("Confusion matrix (share of each true class)",
                    confusion_html(report.classes, *report.confusion));
  }
  if (!report.samples.empty()) page += section("Samples", samples_html(report));
  if (!report.configuration.empty()) {
    page += section("Configuration", configuration_html(report.configuration));
  }
  page +=
      fmt::format("<footer>{}</footer></main></body></html>\n", html_escaped(report.environment));
  return page;
}

}  // namespace fpanet
