// What a run is trained for: written into its checkpoints, obeyed by what reads them, and refused by
// name where it is not known.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/training/metrics_table.hpp"
#include "data/image_file.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

const std::string kTiny =
    "--data synthetic:14 --image-size 64 " + kSmallNetwork + "--batch-size 3 --quiet ";

/// Rewrites a checkpoint with another objective.
void set_objective(const std::filesystem::path& file, const std::string& json) {
  SafetensorsFile checkpoint = read_safetensors(file);
  checkpoint.metadata["fpanet.objective"] = json;
  write_safetensors(file, checkpoint.tensors, checkpoint.metadata);
}

double best_validation_loss(const std::filesystem::path& run) {
  double best = INFINITY;
  for (const MetricPoint& point : MetricsTable::read(run / "metrics.csv").values("val/Loss")) {
    best = std::min(best, point.value);
  }
  return best;
}

}  // namespace

TEST_CASE("a run with any objective is resumed bit for bit, evaluated and used to predict") {
  const ScratchFolder work;
  const std::string whole = (work / "whole").string(), parts = (work / "parts").string();
  std::string flags, loss;
  SUBCASE("Dice and cross-entropy, micro-batches") {
    loss = "0.5*dice+ce";
    flags = "--class-weights auto --label-smoothing 0.1 --ignore unknown --accumulate 2";
  }
  SUBCASE("Jaccard and focal, weights") {
    loss = "jaccard+2*focal";
    flags = "--class-weights 1,2,1,0.5,3,1,0 --focal-gamma 1.5";
  }
  SUBCASE("Tversky and Lovasz") {
    loss = "tversky+0.25*lovasz";
    flags = "--tversky 0.3,0.7,1.33 --ignore unknown,water";
  }
  const std::string train = kTiny + "--loss '" + loss + "' " + flags + " --run ";
  REQUIRE(run_program(work, "train", train + whole + " --epochs 2").code == 0);
  REQUIRE(run_program(work, "train", train + parts + " --epochs 1").code == 0);
  REQUIRE(run_program(work, "train", "--epochs 2 --quiet --resume " + parts).code == 0);
  check_same_run(whole, parts);
  CHECK(contents(work / "whole/config.toml").find("loss = '" + loss + "'") != std::string::npos);

  const std::string json = (work / "numbers.json").string();
  const Outcome eval = run_program(work, "eval",
                                   "--checkpoint " + whole +
                                       " --data synthetic:14 --split val "
                                       "--batch-size 1 --quiet --json " +
                                       json);
  REQUIRE(eval.code == 0);
  CHECK(eval.out.find("loss " + loss) != std::string::npos);
  const auto numbers = nlohmann::json::parse(contents(json));
  CHECK(numbers.at("objective") == loss);
  CHECK(std::abs(numbers.at("loss").get<double>() - best_validation_loss(work / "whole")) < 1e-6);
  for (const auto& row : numbers.at("per_class")) {
    const bool ignored = flags.find(row.at("name").get<std::string>()) != std::string::npos;
    if (!ignored) continue;
    CHECK(row.at("iou").is_null());
    CHECK(row.at("pixels") == 0);
  }

  const std::string scenes = (work / "scenes").string();
  REQUIRE(run_program(work, "tool", "synth --out " + scenes + " --count 1 --size 64").code == 0);
  CHECK(run_program(
            work, "predict",
            "--checkpoint " + whole + " --image " + scenes + " --out " + (work / "out").string())
            .code == 0);
}

TEST_CASE("a checkpoint that names an unknown loss or option is refused by name") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train", kTiny + "--loss ce --epochs 1 --run " + run).code == 0);
  const auto best = work / "run/checkpoints/best.safetensors";
  const std::string scenes = (work / "scenes").string();
  REQUIRE(run_program(work, "tool", "synth --out " + scenes + " --count 1 --size 64").code == 0);
  const auto refusals = [&](const std::string& what) {
    for (const std::string& command : {std::string("eval --data synthetic:14 --checkpoint "),
                                       "predict --image " + scenes + " --out x --checkpoint "}) {
      const std::size_t space = command.find(' ');
      const Outcome refused =
          run_program(work, command.substr(0, space), command.substr(space + 1) + best.string());
      CAPTURE(refused.err);
      CHECK(refused.code == 1);
      CHECK(refused.err.find(what) != std::string::npos);
    }
  };
  set_objective(best, R"({"loss":"hinge"})");
  refusals("unknown loss 'hinge'");
  set_objective(best, R"({"loss":"ce","margin":2})");
  refusals("the option 'margin', which this build does not know");
}

TEST_CASE("flags of the objective are checked before anything is read") {
  const ScratchFolder work;
  const auto refused = [&](const std::string& flags, const std::string& message) {
    const Outcome outcome = run_program(work, "train", kTiny + flags);
    CHECK(outcome.code == 2);
    CAPTURE(outcome.err);
    CHECK(outcome.err.find(message) != std::string::npos);
  };
  refused("--loss dcie", "--loss dcie");
  refused("--loss lovasz --class-weights auto", "--class-weights auto: --loss lovasz takes none");
  refused("--label-smoothing 0.1", "--label-smoothing 0.1: only cross-entropy takes it");
  refused("--label-smoothing 1.5 --loss ce", "--label-smoothing 1.5");
  refused("--tversky 1,2 --loss tversky", "--tversky 1,2");
  refused("--ignore swamp", "--ignore swamp: no class is called 'swamp'");
  refused("--accumulate 0", "--accumulate 0");
}

TEST_CASE("images of which no pixel is counted change no metric, and alone they are refused") {
  const ScratchFolder work;
  const std::string scenes = (work / "scenes").string(), run = (work / "run").string();
  REQUIRE(run_program(work, "tool", "synth --out " + scenes + " --count 4 --size 64").code == 0);
  const std::string weights = (work / "run/checkpoints/last.safetensors").string();
  std::ofstream(work / "split.csv") << "id,split\n0000,train\n0001,train\n0002,val\n0003,test\n";
  const auto numbers = [&](const std::string& split) {
    const std::string json = (work / "numbers.json").string();
    REQUIRE(run_program(work, "eval",
                        "--checkpoint " + weights + " --data " + scenes + " --split " + split +
                            " --cache off --quiet --json " + json)
                .code == 0);
    return nlohmann::json::parse(contents(json));
  };
  REQUIRE(run_program(work, "train",
                      "--data " + scenes + " --split " + (work / "split.csv").string() +
                          " --image-size 64 " + kSmallNetwork +
                          "--batch-size 2 --epochs 1 --quiet "
                          "--loss dice+ce --run " +
                          run)
              .code == 0);
  std::ofstream(work / "three.csv") << "id,split\n0000,test\n0001,test\n0002,test\n";
  std::ofstream(work / "four.csv") << "id,split\n0000,test\n0001,test\n0002,test\n0003,test\n";
  const auto three = numbers((work / "three.csv").string());
  Image blank(64, 64, 3);  // of a colour that no class has: all of it is ignored
  std::ranges::fill(blank.pixels, std::uint8_t{1});
  write_png(work / "scenes/0003_mask.png", blank);
  const auto four = numbers((work / "four.csv").string());
  CHECK(four.at("images") == 4);
  for (const char* key : {"iou", "accuracy", "precision", "recall", "f1", "pixel_accuracy"}) {
    CAPTURE(key);
    CHECK(std::abs(four.at(key).get<double>() - three.at(key).get<double>()) < 1e-6);
  }
  std::ofstream(work / "one.csv") << "id,split\n0003,test\n";
  const Outcome one = run_program(work, "eval",
                                  "--checkpoint " + weights + " --data " + scenes + " --split " +
                                      (work / "one.csv").string() + " --cache off --quiet");
  CHECK(one.code == 1);
  CHECK(one.err.find("nothing to measure in the scenes to evaluate on") != std::string::npos);
}
