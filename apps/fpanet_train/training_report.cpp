#include "apps/fpanet_train/training_report.hpp"

#include <cmath>
#include <sstream>

#include "apps/cli/environment.hpp"
#include "apps/cli/metric_text.hpp"
#include "apps/cli/text_file.hpp"
#include "apps/fpanet_train/sample_scenes.hpp"
#include "apps/report/report.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/pixel_choice.hpp"

namespace fpanet {

namespace {

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

}  // namespace

void write_training_report(const RunFolder& run, ModelSession& session, TrainingData& data,
                           const ProgressState& state, const TrainConfig& config,
                           const std::string& configuration, Console& console) {
  const ClassTable& classes = data.dataset().classes();
  // A run that continues from a Lightning checkpoint may have no best checkpoint, because it never
  // improved on that one. find_checkpoint() then returns the last one.
  const bool has_best = std::filesystem::exists(run.best_checkpoint());
  load_model(session.store(), session.network(), read_weights(find_checkpoint(run.path())));
  const Bands show = resolve_preview(config.show_bands, session.pixels().bands);
  std::vector<ReportSample> samples;
  const Tally tally = evaluate(session, *data.val, [&](const Batch& batch, const Program& program) {
    add_samples(samples, data, batch, program, session.pixels(), show);
    return true;
  });

  const Cpu* cpu = std::get_if<Cpu>(&session.placement().context);
  const ConfusionMatrix& confusion = tally.confusion();
  const double known = confusion.mean_iou(classes.find("unknown"));
  // What the judged weights are, which need not be the best ones.
  const std::int64_t epoch = has_best ? state.best_epoch : state.epoch - 1;
  const double loss = tally.metrics().loss.value();
  const Report report{
      .title = network_kind(session.network().config().name).title + " training run",
      .subtitle = run.path().filename().string(),
      .highlights = {{fmt::format("validation loss ({})", session.objective().name()),
                      fmt::format("{:.4f}", loss)},
                     {"pixel accuracy", percent(confusion.pixel_accuracy())},
                     {"mean IoU (known classes)", percent(known)},
                     {has_best ? "best epoch" : "weights of the last epoch",
                      std::to_string(epoch + 1)},
                     {"epochs trained", std::to_string(state.epoch)}},
      .curves = notebook_curves(MetricsTable::read(run.metrics())),
      .best_epoch = has_best ? std::optional(state.best_epoch) : std::nullopt,
      .evaluated_on = fmt::format("validation, {} images", tally.images()),
      .classes = classes,
      .confusion = confusion,
      .samples = std::move(samples),
      .configuration = configuration_rows(configuration),
      .environment = environment_line(cpu != nullptr ? cpu->threads : 1)};
  write_text_file(run.report(), report_html(report));
  console.info("report: {}", run.report().string());
  fmt::print("{} epoch {}: val loss {:.5f}, pixel accuracy {}, mean IoU {}\n",
             has_best ? "best" : "last", epoch + 1, loss, metric_text(confusion.pixel_accuracy()),
             metric_text(known));
  if (has_best) return;
  if (state.best_epoch < 0) {
    console.info("{} had no value in any epoch, so there is no best.safetensors", config.monitor);
    return;
  }
  console.info(
      "the best {}, {:.5f} in epoch {}, is that of the checkpoint from which the run "
      "was resumed; this run has not improved on it, so it has no best.safetensors",
      config.monitor, state.best_value, state.best_epoch + 1);
}

}  // namespace fpanet
