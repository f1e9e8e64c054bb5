#include "apps/fpanet_train/training_report.hpp"

#include <cmath>
#include <sstream>

#include "apps/cli/environment.hpp"
#include "apps/cli/metric_text.hpp"
#include "apps/fpanet_train/sample_scenes.hpp"
#include "apps/report/evaluation_output.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/rank_parts.hpp"
#include "data/text_file.hpp"

namespace fpanet {

namespace {

constexpr int kReloadSeconds = 30;

/// The "name = value" lines of a TOML file.
std::vector<NamedText> configuration_rows(const std::string& toml) {
  std::vector<NamedText> rows;
  std::istringstream lines(toml);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    if (line.starts_with('#') || equals == std::string::npos) continue;
    rows.push_back({line.substr(0, equals), line.substr(equals + 3)});
  }
  return rows;
}

std::string percent(double fraction) {
  return std::isnan(fraction) ? "-" : fmt::format("{:.1f} %", 100 * fraction);
}

/// The report of weights with the results `tally`.
Report report_of(const ReportFrame& frame, const ModelSession& session, const TrainingData& data,
                 const Tally& tally, std::vector<ReportSample> samples) {
  const Cpu* cpu = std::get_if<Cpu>(&session.placement().context);
  const ClassTable& classes = data.dataset().classes();
  const ConfusionMatrix& confusion = tally.confusion();
  const MetricsTable metrics = MetricsTable::read(frame.run.metrics());
  return {.title = network_kind(session.network().config().name).title + " training run",
          .subtitle = frame.run.path().filename().string(),
          .highlights = {{fmt::format("validation loss ({})", session.objective().name()),
                          metric_text(tally.metrics().loss.value())},
                         {"pixel accuracy", percent(confusion.pixel_accuracy())},
                         {"mean IoU (known classes)", percent(mean_iou_known(confusion, classes))}},
          .curves = notebook_curves(metrics),
          .class_curves = class_curves(metrics, classes),
          .best_epoch = {},
          .evaluated_on = fmt::format("validation, {} images", tally.images()),
          .classes = classes,
          .confusion = confusion,
          .samples = std::move(samples),
          .configuration = configuration_rows(frame.configuration),
          .environment = environment_line(cpu != nullptr ? cpu->threads : 1),
          .reload_seconds = {}};
}

}  // namespace

void write_live_report(const ReportFrame& frame, const ModelSession& session,
                       const TrainingData& data, const ProgressState& state, const Tally& tally,
                       std::vector<ReportSample> samples) {
  Report report = report_of(frame, session, data, tally, std::move(samples));
  report.subtitle += fmt::format(", after epoch {} of {}", state.epoch, frame.config.epochs);
  report.evaluated_on += fmt::format(", epoch {}", state.epoch);
  report.reload_seconds = kReloadSeconds;
  if (state.best_epoch >= 0) {
    report.best_epoch = state.best_epoch;
    report.highlights.push_back({"best epoch so far", std::to_string(state.best_epoch + 1)});
  }
  report.highlights.push_back({"epochs trained", std::to_string(state.epoch)});
  write_text_file(frame.run.report(), report_html(report));
}

void write_training_report(const ReportFrame& frame, ModelSession& session, TrainingData& data,
                           const ProgressState& state, Console& console) {
  const RunFolder& run = frame.run;
  // A run that continues from a Lightning checkpoint may have no best checkpoint, because it never
  // improved on that one. find_checkpoint() then returns the last one.
  const bool writes = session.ranks().rank() == 0;
  const bool has_best = writes && std::filesystem::exists(run.best_checkpoint());
  if (writes) {
    load_model(session.store(), session.network(), read_weights(find_checkpoint(run.path())));
  }
  share_weights(session);
  const Bands show = resolve_preview(frame.config.show_bands, data.pixels.bands);
  std::vector<ReportSample> samples;
  const Tally tally =
      evaluate(session, *data.val, [&](const Batch& batch, const BatchResult& result) {
        if (writes) add_samples(samples, data, batch, result.probabilities, show);
        return true;
      });
  if (!writes) return;
  Report report = report_of(frame, session, data, tally, std::move(samples));
  // What the judged weights are, which need not be the best ones.
  const std::int64_t epoch = has_best ? state.best_epoch : state.epoch - 1;
  if (has_best) report.best_epoch = state.best_epoch;
  report.highlights.push_back(
      {has_best ? "best epoch" : "weights of the last epoch", std::to_string(epoch + 1)});
  report.highlights.push_back({"epochs trained", std::to_string(state.epoch)});
  write_text_file(run.report(), report_html(report));
  console.info("report: {}", run.report().string());
  const ConfusionMatrix& confusion = tally.confusion();
  fmt::print("{} epoch {}: val loss {:.5f}, pixel accuracy {}, mean IoU {}\n",
             has_best ? "best" : "last", epoch + 1, tally.metrics().loss.value(),
             metric_text(confusion.pixel_accuracy()),
             metric_text(mean_iou_known(confusion, report.classes)));
  if (has_best) return;
  if (state.best_epoch < 0) {
    console.info("{} had no value in any epoch, so there is no best.safetensors",
                 frame.config.monitor);
    return;
  }
  console.info(
      "the best {}, {:.5f} in epoch {}, is that of the checkpoint from which the run "
      "was resumed; this run has not improved on it, so it has no best.safetensors",
      frame.config.monitor, state.best_value, state.best_epoch + 1);
}

}  // namespace fpanet
