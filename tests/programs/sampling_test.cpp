// What training sees of images (--augment, --sample), through the programs.

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/training/metrics_table.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

/// Two scenes to train on and two to validate on, of 96x96 pixels.
struct Sampled {
  ScratchFolder work;
  std::string scenes = (work / "scenes").string(), run = (work / "run").string();

  explicit Sampled(const std::string& kind = "") {
    REQUIRE(
        run_program(work, "tool", "synth --out " + scenes + " --count 4 --size 96 " + kind).code ==
        0);
    std::ofstream(work / "split.csv") << "id,split\n0000,train\n0001,train\n0002,val\n0003,val\n";
  }
  Outcome train(const std::string& flags) const {
    return run_program(work, "train",
                       "--data " + scenes + " --split " + (work / "split.csv").string() + " " +
                           kSmallNetwork + "--batch-size 2 --epochs 1 --cache off --run " + run +
                           " " + flags);
  }
};

}  // namespace

TEST_CASE("validation and test see whole images, whatever training sees") {
  const Sampled sampled;
  const Outcome trained = sampled.train("--image-size 64 --augment strong --sample crop");
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  CHECK_FALSE(says(trained, "--augment strong:"));
  const std::string json = (sampled.work / "numbers.json").string();
  REQUIRE(run_program(sampled.work, "eval",
                      "--checkpoint " + sampled.run + " --data " + sampled.scenes +
                          " --split val --batch-size 1 --cache off --quiet --json " + json)
              .code == 0);
  const auto losses = MetricsTable::read(sampled.work / "run/metrics.csv").values("val/Loss");
  REQUIRE(losses.size() == 1);
  const double loss = nlohmann::json::parse(contents(json)).at("loss");
  CHECK(std::abs(loss - losses[0].value) < 1e-6);
}

TEST_CASE("--augment strong says in a line what it leaves out") {
  SUBCASE("quarter turns") {
    const Outcome trained = Sampled().train("--image-size 64x96 --augment strong");
    CHECK(trained.code == 0);
    CHECK(says(trained, "--augment strong: images that are not square are turned by half turns"));
    CHECK_FALSE(says(trained, "hue"));
  }
  SUBCASE("colours") {
    const Outcome trained =
        Sampled("--bands 4").train("--image-size 64 --bands 4 --augment strong");
    CHECK(trained.code == 0);
    CHECK(says(trained, "--augment strong: hue, saturation and value stay as they are, because"));
    CHECK_FALSE(says(trained, "turned"));
  }
}

TEST_CASE("--sample crop needs images of native size and a size to resize its windows to") {
  const Sampled sampled;
  const auto refused = [&](const std::string& flags, const std::string& message) {
    const Outcome outcome = sampled.train(flags);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(says(outcome, message));
  };
  refused("--sample crop --image-size native", "--sample crop: its windows are resized to");
  refused("--sample window", "--sample window");
  const Outcome synthetic =
      run_program(sampled.work, "train", "--sample crop --data synthetic:14 --run " + sampled.run);
  CHECK(synthetic.code == 2);
  CHECK(says(synthetic, "--sample crop: --data synthetic:14 has no native size"));
  CHECK_FALSE(std::filesystem::exists(sampled.run));
}
