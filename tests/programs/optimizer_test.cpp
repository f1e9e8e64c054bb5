// How a run updates its parameters: every flag changes what it leaves, and a run that is interrupted
// goes on bit for bit.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/training/metrics_table.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/schedule.hpp"
#include "tests/programs/child.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

const std::string kSmallRun =
    "--data synthetic:14 --image-size 64 " + kSmallNetwork + "--batch-size 3 --quiet ";

/// Interrupts a run after `steps` steps and resumes it.
void train_in_parts(const ScratchFolder& work, const std::string& run, const std::string& flags,
                    int steps) {
  {
    Child child("train", flags + " --run " + run + " 2> /dev/null");
    wait_for_steps(run, steps);
    child.send(SIGINT);
    REQUIRE(child.wait() == 130);
  }
  REQUIRE(run_program(work, "train", "--quiet --resume " + run).code == 0);
}

/// The values of a column of steps.csv or metrics.csv, in file order.
std::vector<double> column_of(const std::filesystem::path& file, const std::string& name) {
  std::vector<double> values;
  for (const MetricPoint& point : MetricsTable::read(file).values(name)) {
    values.push_back(point.value);
  }
  return values;
}

}  // namespace

TEST_CASE("a run with any of the optimizer's flags is resumed bit for bit") {
  const ScratchFolder work;
  const std::string whole = (work / "whole").string(), parts = (work / "parts").string();
  std::string flags;
  int steps = 1;
  SUBCASE("all at once, interrupted while the encoder is frozen") {
    flags =
        "--schedule cosine --warmup 3 --min-lr 1e-6 --encoder-lr 0.1 --freeze-encoder 1 --ema 0.9 "
        "--clip-norm 0.05 --accumulate 2 --monitor val/MeanIoU --log-gradients --tensorboard "
        "--epochs 3";
  }
  SUBCASE("all at once, interrupted after that") {
    flags =
        "--schedule poly --warmup 2 --min-lr 1e-6 --encoder-lr 0.5 --freeze-encoder 1 --ema 0.5 "
        "--clip-norm 0.05 --monitor val/IoU --log-gradients --epochs 3";
    steps = 5;
  }
  SUBCASE("one cycle") {
    flags = "--schedule one-cycle --epochs 2";
  }
  SUBCASE("an average") {
    flags = "--ema 0.9 --epochs 2";
    steps = 2;
  }
  SUBCASE("a frozen encoder") {
    flags = "--freeze-encoder 1 --epochs 2";
    steps = 2;
  }
  const std::string train = kSmallRun + "--lr 1e-3 " + flags;
  REQUIRE(run_program(work, "train", train + " --run " + whole).code == 0);
  train_in_parts(work, parts, train, steps);
  check_same_run(whole, parts);
  std::string config = contents(work / "whole/config.toml");
  CHECK(config == contents(work / "parts/config.toml"));
}

TEST_CASE("steps.csv has the learning rate of every step, metrics.csv that of the last one") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train",
                      kSmallRun +
                          "--lr 1e-3 --schedule cosine --warmup 2 --min-lr 1e-5 --epochs 3 "
                          "--accumulate 2 --run " +
                          run)
              .code == 0);
  CHECK(contents(work / "run/steps.csv").starts_with("epoch,step,train/Loss,lr\n"));
  const std::vector<double> rates = column_of(work / "run/steps.csv", "lr");
  const auto steps = std::ssize(rates);
  REQUIRE(steps > 3);
  const Schedule schedule{
      .kind = ScheduleKind::cosine, .lr = 1e-3, .steps = steps, .warmup = 2, .min_lr = 1e-5};
  for (std::int64_t step = 0; step < steps; ++step) {
    CHECK(rates[static_cast<std::size_t>(step)] == learning_rate(schedule, step));
  }
  const std::vector<double> logged = column_of(work / "run/metrics.csv", "lr");
  REQUIRE(logged.size() == 3);
  CHECK(logged.back() == rates.back());
}

TEST_CASE("the best checkpoint holds the averaged weights, the last one both") {
  const ScratchFolder work;
  const std::string plain = (work / "plain").string(), averaged = (work / "averaged").string();
  const std::string train = kSmallRun + "--lr 1e-3 --epochs 1 --run ";
  REQUIRE(run_program(work, "train", train + plain).code == 0);
  REQUIRE(run_program(work, "train", train + averaged + " --ema 0.9").code == 0);
  const auto tensors = [](const std::string& run, const std::string& file) {
    return read_safetensors(std::filesystem::path(run) / "checkpoints" / file).tensors;
  };
  const StateDict last = tensors(averaged, "last.safetensors");
  const StateDict best = tensors(averaged, "best.safetensors");
  const StateDict without = tensors(plain, "last.safetensors");
  const std::string name = "model.decoder.blocks.0.conv1.0.weight";
  const auto values = [](const StateDict& weights, const std::string& of) {
    return weights.at(of).values<float>();
  };
  // Training itself is the same with and without an average.
  CHECK((values(last, name) == values(without, name)));
  CHECK((values(best, name) == values(last, "ema." + name)));
  CHECK((values(best, name) != values(last, name)));
  const std::string buffer = "model.decoder.blocks.0.conv1.1.running_mean";
  CHECK((values(best, buffer) == values(without, buffer)));
  CHECK_FALSE(last.contains("ema." + buffer));
  CHECK(column_of(work / "plain/metrics.csv", "val/Loss") !=
        column_of(work / "averaged/metrics.csv", "val/Loss"));
  // The last checkpoint is read as one that holds only the weights.
  const std::string file = averaged + "/checkpoints/last.safetensors";
  CHECK(
      run_program(work, "eval", "--checkpoint " + file + " --data synthetic:14 --split val --quiet")
          .code == 0);
  CHECK(run_program(work, "train",
                    kSmallRun + "--epochs 1 --init " + file + " --run " + (work / "next").string())
            .code == 0);
}

TEST_CASE("--monitor chooses the best epoch by any column") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const std::string train = kSmallRun + "--lr 1e-3 --epochs 4 --patience 4 --run ";
  REQUIRE(run_program(work, "train", train + run + " --monitor val/Recall").code == 0);
  const std::vector<double> recall = column_of(work / "run/metrics.csv", "val/Recall");
  REQUIRE(recall.size() == 4);
  const auto best = std::ranges::max_element(recall) - recall.begin();
  const SafetensorsFile saved = read_safetensors(work / "run/checkpoints/best.safetensors");
  CHECK(saved.metadata.at("fpanet.epoch") == std::to_string(best));
  const Outcome refused = run_program(work, "train", train + run + "2 --monitor val/Loss2");
  CHECK(refused.code == 2);
  CHECK(says(refused, "--monitor val/Loss2: not a column of metrics.csv: accepted are val/Loss"));
  CHECK_FALSE(std::filesystem::exists(run + "2"));
  // What is accepted is what a run writes.
  for (const std::string& column : MetricsTable::read(work / "run/metrics.csv").columns) {
    if (column == "epoch" || column == "step") continue;
    CAPTURE(column);
    CHECK(says(refused, column));
  }
}

TEST_CASE("--log-gradients adds norms to steps.csv and changes no weight") {
  const ScratchFolder work;
  const std::string plain = (work / "plain").string(), logged = (work / "logged").string();
  const std::string train = kSmallRun + "--epochs 2 --freeze-encoder 1 --run ";
  REQUIRE(run_program(work, "train", train + plain).code == 0);
  REQUIRE(run_program(work, "train", train + logged + " --log-gradients").code == 0);
  for (const char* file : {"checkpoints/last.safetensors", "checkpoints/best.safetensors"}) {
    CHECK((contents(work / "plain" / file) == contents(work / "logged" / file)));
  }
  const std::filesystem::path csv = work / "logged/steps.csv";
  const std::vector<double> all = column_of(csv, "train/GradientNorm");
  CHECK(std::ssize(all) == lines_in(csv) - 1);
  CHECK(std::ranges::all_of(all, [](double norm) { return norm > 0; }));
  // Of a module that is frozen there are norms only afterwards.
  CHECK(2 * column_of(csv, "gradient/encoder.layer1").size() == all.size());
  CHECK(column_of(csv, "weight/segmentation_head").size() == all.size());
}

TEST_CASE("a warm-up that is longer than the run is refused before its folder is made") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const Outcome refused = run_program(
      work, "train", kSmallRun + "--schedule cosine --warmup 1000 --epochs 1 --run " + run);
  CHECK(refused.code == 2);
  CHECK(says(refused, "--warmup 1000: --schedule cosine has"));
  CHECK_FALSE(std::filesystem::exists(run));
}
