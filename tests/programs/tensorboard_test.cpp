// --tensorboard: what the event files hold is what steps.csv and metrics.csv hold, also where a run was
// killed and resumed.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/training/metrics_table.hpp"
#include "data/codec.hpp"
#include "engine/core/parse_number.hpp"
#include "tests/programs/child.hpp"
#include "tests/support/event_file.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

const std::string kRun = "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                         "--batch-size 3 --epochs 3 "
                         "--save-every 0 --log-gradients --tensorboard --quiet ";

struct Point {
  std::uint64_t step;
  float value;
  bool operator==(const Point&) const = default;
};

/// What TensorBoard shows of a folder: it reads the files by name, and a start of a session removes
/// what came before with that or a later step.
struct Shown {
  std::map<std::string, std::vector<Point>> scalars;
  std::map<std::string, std::map<std::uint64_t, std::string>> images;

  explicit Shown(const fs::path& folder) {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
    for (const fs::path& file : files) {
      for (const std::string& record : records_of(file)) add(record);
    }
  }

 private:
  void add(const std::string& record) {
    const ProtobufFields event = parsed(record);
    const auto found = event.varints.find(2);
    const std::uint64_t step = found == event.varints.end() ? 0 : found->second;
    if (event.bytes.contains(7)) restart(step);
    if (!event.bytes.contains(5)) return;
    const ProtobufFields value = summary_value(record);
    const std::string& tag = value.bytes.at(1);
    if (value.bytes.contains(2)) {
      scalars[tag].push_back({step, number_at<float>(value.bytes.at(2), 0)});
    } else {
      CHECK_FALSE(images[tag].contains(step));
      images[tag][step] = parsed(value.bytes.at(4)).bytes.at(4);
    }
  }
  void restart(std::uint64_t step) {
    for (auto& [tag, points] : scalars) {
      std::erase_if(points, [&](const Point& point) { return point.step >= step; });
    }
    for (auto& [tag, pictures] : images) {
      std::erase_if(pictures, [&](const auto& picture) { return picture.first >= step; });
    }
  }
};

/// The points of a column of steps.csv or metrics.csv; cells without a value have none.
std::vector<Point> points_of(const fs::path& file, const std::string& column) {
  const MetricsTable table = MetricsTable::read(file);
  const auto at = static_cast<std::size_t>(table.find(column));
  const auto step = static_cast<std::size_t>(table.find("step"));
  std::vector<Point> points;
  for (const auto& row : table.rows) {
    if (row.at(at).empty()) continue;
    points.push_back({*parse_number<std::uint64_t>(row.at(step)),
                      static_cast<float>(*parse_number<double>(row.at(at)))});
  }
  return points;
}

void check_shown(const fs::path& run) {
  const Shown shown(run / "tensorboard");
  const MetricsTable metrics = MetricsTable::read(run / "metrics.csv");
  REQUIRE(metrics.rows.size() == 6);
  for (const std::string& column : metrics.columns) {
    if (column == "step" || column == "epoch") continue;
    CAPTURE(column);
    const std::vector<Point> points = points_of(run / "metrics.csv", column);
    CHECK((points.empty() || shown.scalars.at(column) == points));
  }
  std::vector<Point> epochs = points_of(run / "metrics.csv", "epoch");  // two rows each
  epochs.erase(std::unique(epochs.begin(), epochs.end()), epochs.end());
  CHECK(shown.scalars.at("epoch") == epochs);
  CHECK(shown.scalars.at("step/Loss") == points_of(run / "steps.csv", "train/Loss"));
  CHECK(shown.scalars.at("step/lr") == points_of(run / "steps.csv", "lr"));
  const std::string norm = "train/GradientNorm";
  CHECK(shown.scalars.at(norm) == points_of(run / "steps.csv", norm));
  REQUIRE(shown.images.size() >= 2);
  for (const auto& one : shown.images) {
    const auto& tag = one.first;
    const auto& pictures = one.second;
    CAPTURE(tag);
    CHECK((tag == "val/ConfusionMatrix" || tag.starts_with("samples/")));
    CHECK(pictures.size() == 3);
    for (const Point& epoch : epochs) {
      const std::string& png = pictures.at(epoch.step);
      const Image image = codec::decode_png(
          {reinterpret_cast<const std::uint8_t*>(png.data()), png.size()}, codec::Purpose::picture);
      CHECK(image.channels == 3);
    }
  }
}

}  // namespace

TEST_CASE("TensorBoard shows every row of metrics.csv and steps.csv, and pictures of each epoch") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train", kRun + "--run " + run).code == 0);
  CHECK(contents(work / "run/config.toml").find("tensorboard = true") != std::string::npos);
  check_shown(run);
  REQUIRE(run_program(work, "train",
                      "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                          "--epochs 1 --quiet --run " + run + "2")
              .code == 0);
  CHECK_FALSE(fs::exists(work / "run2/tensorboard"));
}

TEST_CASE("TensorBoard shows the steps of a run that was killed and resumed once") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  {
    Child child("train", kRun + "--run " + run + " 2> /dev/null");
    wait_for_steps(run,
                   5);  // in the second epoch, of three steps each; the state is that of the first
    child.send(SIGKILL);
    CHECK(child.wait() == 1000 + SIGKILL);
  }
  REQUIRE(run_program(work, "train", "--quiet --resume " + run).code == 0);
  check_shown(run);
  CHECK(std::distance(fs::directory_iterator(work / "run/tensorboard"), {}) == 2);
}
