// --init of a model for another number of classes: everything but its head begins where that model
// ended.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "data/class_table.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

/// A folder of scenes, and the same scenes with an eighth class.
struct FineTuning {
  const ScratchFolder work;
  const std::string seven = (work / "seven").string(), eight = (work / "eight").string();

  FineTuning() {
    REQUIRE(run_program(work, "tool", "synth --out " + seven + " --count 8 --size 64").code == 0);
    fs::copy(seven, eight);
    std::vector<ClassInfo> infos = ClassTable::deepglobe().classes();
    infos.push_back({"snow", {10, 20, 30}});
    ClassTable(infos).write(fs::path(eight) / "class_dict.csv");
  }
  Outcome train(const std::string& flags, const std::string& run) const {
    return run_program(work, "train",
                       "--epochs 1 --image-size 64 --batch-size 2 --cache off --device cpu --run " +
                           (work / run).string() + " " + flags);
  }
  StateDict last(const std::string& run) const {
    return read_safetensors(work / run / "checkpoints/last.safetensors").tensors;
  }
};

double difference(const StateDict& a, const StateDict& b, const std::string& name) {
  const auto x = a.at(name).values<double>(), y = b.at(name).values<double>();
  REQUIRE(x.size() == y.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - y[i]));
  return worst;
}

}  // namespace

TEST_CASE_FIXTURE(FineTuning,
                  "--init of a model for other classes leaves out its head and says so") {
  for (const std::string network : {"fpanet", "unet"}) {
    CAPTURE(network);
    const std::string prefix = network == "unet" ? "" : "model.", flag = "--network " + network;
    REQUIRE(train(flag + " " + kSmallNetwork + "--quiet --data " + seven, network).code == 0);
    // As others' files are: without metadata.
    const std::string file = (work / (network + ".safetensors")).string();
    write_safetensors(file, last(network));
    // A rate at which the weights stay where they begin.
    const Outcome tuned =
        train(flag + " --lr 1e-12 --init " + file + " --data " + eight, network + "_tuned");
    REQUIRE(tuned.code == 0);
    CHECK(says(tuned, "has 7 classes and " + eight + " has 8"));
    const std::string head = prefix + "segmentation_head.0.";
    CHECK(says(tuned, "left out: " + head +
                          "weight (7,8,3,3) in the file, (8,8,3,3) in the model; " + head +
                          "bias (7) in the file, (8) in the model"));
    const StateDict now = last(network + "_tuned"), before = last(network);
    CHECK((now.at(head + "weight").shape() == std::vector<std::int64_t>{8, 8, 3, 3}));
    CHECK(difference(now, before, prefix + "encoder.layer2.1.conv2.weight") < 1e-9);
    CHECK(difference(now, before, prefix + "decoder.blocks.2.conv2.0.weight") < 1e-9);
    // The run is one of eight classes in every respect.
    const std::string run = (work / (network + "_tuned")).string();
    CHECK(contents(fs::path(run) / "class_dict.csv").find("snow") != std::string::npos);
    CHECK(run_program(work, "eval",
                      "--cache off --quiet --split all --checkpoint " + run + " --data " + eight)
              .code == 0);
    CHECK(run_program(work, "train", "--cache off --quiet --epochs 2 --resume " + run).code == 0);
  }
}

TEST_CASE_FIXTURE(FineTuning, "--init of a model for other bands adapts its first convolution") {
  REQUIRE(train(kSmallNetwork + "--quiet --data " + seven, "rgb").code == 0);
  const std::string four = (work / "four").string();
  REQUIRE(
      run_program(work, "tool", "synth --bands 4 --out " + four + " --count 8 --size 64").code ==
      0);
  const Outcome tuned = train("--quiet --lr 1e-12 --bands 4 --data " + four + " --init " +
                                  (work / "rgb/checkpoints/last.safetensors").string(),
                              "four_bands");
  CAPTURE(tuned.err);
  REQUIRE(tuned.code == 0);
  const StateDict now = last("four_bands"), before = last("rgb");
  CHECK(difference(now, before, "model.segmentation_head.0.weight") < 1e-9);
  const std::string conv = "model.encoder.conv1.weight";
  CHECK((now.at(conv).shape() == std::vector<std::int64_t>{64, 4, 7, 7}));
  const auto adapted = now.at(conv).values<double>(), rgb = before.at(conv).values<double>();
  constexpr std::size_t kPlane = 49;
  for (std::size_t i = 0; i < adapted.size(); ++i) {
    const std::size_t filter = i / (4 * kPlane), band = i / kPlane % 4, at = i % kPlane;
    const double expected = rgb[(filter * 3 + band % 3) * kPlane + at] * 3 / 4;
    CHECK(std::abs(adapted[i] - expected) < 1e-6);
  }

  // And back: three of four bands.
  const Outcome back = train("--quiet --lr 1e-12 --bands 3 --data " + seven + " --init " +
                                 (work / "four_bands/checkpoints/last.safetensors").string(),
                             "three_bands");
  CAPTURE(back.err);
  REQUIRE(back.code == 0);
  const auto three = last("three_bands").at(conv).values<double>();
  for (std::size_t i = 0; i < three.size(); ++i) {
    const std::size_t filter = i / (3 * kPlane), band = i / kPlane % 3, at = i % kPlane;
    const double expected = adapted[(filter * 4 + band) * kPlane + at] * 4 / 3;
    CHECK(std::abs(three[i] - expected) < 1e-6);
  }
}

TEST_CASE_FIXTURE(FineTuning,
                  "--init of a model for other classes is strict about all but the head") {
  REQUIRE(train(kSmallNetwork + "--quiet --data " + seven, "base").code == 0);
  const StateDict whole = last("base");
  const std::string file = (work / "part.safetensors").string();
  const auto without = [&](const std::string& part) {
    StateDict rest;
    for (const auto& [name, entry] : whole) {
      if (!name.starts_with(part)) rest.add(name, entry);
    }
    const Metadata metadata = read_safetensors(work / "base/checkpoints/last.safetensors").metadata;
    write_safetensors(file, rest, metadata);
    return train("--quiet --init " + file + " --data " + eight, "refused");
  };
  for (const char* part : {"model.decoder.center.top_conv.", "model.segmentation_head.0.bias"}) {
    CAPTURE(part);
    const Outcome refused = without(part);
    CHECK(refused.code == 1);
    CHECK(says(refused, std::string("missing: ") + part));
    CHECK_FALSE(fs::exists(work / "refused"));
  }
}
