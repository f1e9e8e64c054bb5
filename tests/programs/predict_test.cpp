// From training to evaluation and prediction.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("a trained model evaluates and predicts") {
  const ScratchFolder work;
  const std::string data = (work / "data").string(), run = (work / "run").string();
  REQUIRE(run_program(work, "tool", "synth --out " + data + " --count 10 --size 64").code == 0);
  REQUIRE(run_program(work, "train",
                      "--data " + data + " --image-size 64 " + kSmallNetwork +
                          "--epochs 1 "
                          "--batch-size 4 --cache off --quiet --run " +
                          run)
              .code == 0);

  const Outcome evaluation =
      run_program(work, "eval",
                  "--checkpoint " + run + " --data " + data + " --split all --cache off --json " +
                      (work / "eval.json").string() + " --figures " + (work / "figures").string());
  CAPTURE(evaluation.err);
  REQUIRE(evaluation.code == 0);
  const auto json = nlohmann::json::parse(contents(work / "eval.json"));
  for (const char* key : {"loss", "iou", "accuracy", "precision", "recall", "f1", "pixel_accuracy",
                          "mean_iou", "mean_iou_known", "per_class", "confusion", "images"}) {
    CAPTURE(key);
    CHECK(json.contains(key));
  }
  CHECK(json.at("images") == 10);
  CHECK(json.at("per_class").size() == 7);
  CHECK(std::filesystem::exists(work / "figures"));

  const std::string maps = (work / "maps").string();
  const Outcome prediction =
      run_program(work, "predict",
                  "--checkpoint " + run + " --image " + data + "/0000_sat.jpg --out " + maps +
                      " --probabilities --overlay");
  CAPTURE(prediction.err);
  REQUIRE(prediction.code == 0);
  for (const char* file :
       {"0000_sat_mask.png", "0000_sat_labels.png", "0000_sat_overlay.png", "0000_sat_probs.npy"}) {
    CAPTURE(file);
    CHECK(!contents(work / "maps" / file).empty());
  }
}

TEST_CASE("a picture that is not there leaves no folder") {
  const ScratchFolder work;
  const Outcome outcome = run_program(work, "predict",
                                      "--checkpoint none --image " + (work / "no.jpg").string() +
                                          " --out " + (work / "maps").string());
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("no.jpg") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(work / "maps"));
}

TEST_CASE("every program has --help with examples and --version") {
  const ScratchFolder work;
  for (const char* name : {"train", "eval", "predict", "tool"}) {
    CAPTURE(name);
    const Outcome help = run_program(work, name, "--help");
    CHECK(help.code == 0);
    CHECK(help.out.find(std::string("fpanet_") + name) != std::string::npos);
    CHECK(help.out.find("[default: ]") == std::string::npos);
    const Outcome version = run_program(work, name, "--version");
    CHECK(version.code == 0);
    CHECK(version.out.find(FPANET_VERSION) != std::string::npos);
    const Outcome nonsense = run_program(work, name, "--nonsense");
    CHECK(nonsense.code == 2);
    CHECK(nonsense.err.find("--nonsense") != std::string::npos);
  }
  const Outcome unknown = run_program(work, "tool", "sumary");
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("'sumary'") != std::string::npos);
}
