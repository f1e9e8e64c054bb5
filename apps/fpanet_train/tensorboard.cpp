#include "apps/fpanet_train/tensorboard.hpp"

#include <variant>

#include "apps/report/confusion_figure.hpp"
#include "apps/report/figures.hpp"

namespace fpanet {

namespace {

constexpr const char* kStepLoss = "step/Loss";
constexpr const char* kStepRate = "step/lr";
constexpr const char* kSamplePrefix = "samples/";
constexpr const char* kConfusion = "val/ConfusionMatrix";

double number_of(const LoggedValue& logged) {
  return std::visit([](auto value) { return static_cast<double>(value); }, logged.value);
}

}  // namespace

TensorBoard::TensorBoard(const std::filesystem::path& folder, std::int64_t first_step)
    : events_(folder, first_step) {}

void TensorBoard::step(std::int64_t step, std::optional<double> loss, double lr,
                       const std::map<std::string, double>& more) {
  if (loss) events_.scalar(kStepLoss, step, *loss);
  events_.scalar(kStepRate, step, lr);
  for (const auto& [column, value] : more) events_.scalar(column, step, value);
}

void TensorBoard::epoch(std::int64_t step, std::int64_t epoch,
                        const std::vector<LoggedValue>& columns,
                        const std::vector<ReportSample>& samples, const ClassTable& classes,
                        const ConfusionMatrix& confusion) {
  events_.scalar("epoch", step, static_cast<double>(epoch));
  for (const LoggedValue& column : columns) events_.scalar(column.name, step, number_of(column));
  for (const ReportSample& sample : samples) {
    events_.image(kSamplePrefix + sample.name, step,
                  scene_figure(sample.image, sample.mask, sample.prediction, sample.image_title));
  }
  events_.image(kConfusion, step, confusion_figure(classes, confusion));
}

}  // namespace fpanet
