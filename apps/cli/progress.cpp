#include "apps/cli/progress.hpp"

#include <chrono>
#include <cmath>
#include <utility>

namespace fpanet {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 10;
constexpr std::int64_t kBarWidth = 20;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string duration_str(double seconds) {
  const auto all = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t s = all % 60;
  const std::int64_t m = all / 60 % 60;
  const std::int64_t h = all / 3600;
  return h > 0 ? fmt::format("{}:{:02}:{:02}", h, m, s) : fmt::format("{}:{:02}", m, s);
}

Progress::Progress(Console& console, std::string label, std::int64_t steps, std::string unit)
    : Progress(console, std::move(label), steps, steady_seconds, std::move(unit)) {}

Progress::Progress(Console& console, std::string label, std::int64_t steps, Clock clock,
                   std::string unit)
    : console_(console),
      label_(std::move(label)),
      steps_(steps),
      unit_(std::move(unit)),
      clock_(std::move(clock)),
      start_(clock_()),
      last_shown_(start_) {}

void Progress::step(std::int64_t images, std::optional<double> loss) {
  ++done_;
  images_ += images;
  loss_ = loss;
  const double now = clock_();
  const double interval = console_.is_terminal() ? kRedrawSeconds : kLineSeconds;
  if (now - last_shown_ < interval) return;
  last_shown_ = now;
  if (console_.is_terminal()) {
    console_.status(fmt::format("{} {} {}", label_, bar(), state()));
  } else {
    console_.info("{} {}", label_, state());
  }
}

double Progress::images_per_second() const {
  const double elapsed = seconds();
  return elapsed > 0 ? static_cast<double>(images_) / elapsed : 0;
}

std::string Progress::state() const {
  std::string text = fmt::format("{}/{}  {:.1f} {}/s", done_, steps_, images_per_second(), unit_);
  if (loss_) text += fmt::format("  loss {:.4f}", *loss_);
  const double left = seconds() * static_cast<double>(steps_ - done_) / static_cast<double>(done_);
  return text + fmt::format("  ETA {}", duration_str(left));
}

std::string Progress::bar() const {
  const auto full = static_cast<std::size_t>(kBarWidth * done_ / steps_);
  return fmt::format("[{:<{}}]", std::string(full, '#'), kBarWidth);
}

}  // namespace fpanet
