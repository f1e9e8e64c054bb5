// fpanet_tool export --format hf: the files of a folder for the Hugging Face Hub, which the programs
// read, too. tests/interop/hub.py loads them with PyTorch.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

const std::string kTrain =
    "--data synthetic:14 --image-size 64 --encoder resnet18 --epochs 1 --batch-size 4 --quiet ";

void check_weights(const fs::path& run, const fs::path& folder) {
  const SafetensorsFile best = read_safetensors(run / "checkpoints/best.safetensors");
  const SafetensorsFile shared = read_safetensors(folder / "model.safetensors");
  CHECK(shared.metadata.at("format") == "pt");
  for (const auto& [key, value] : best.metadata) CHECK(shared.metadata.at(key) == value);
  REQUIRE(shared.tensors.size() == best.tensors.size());
  for (const auto& [name, entry] : best.tensors) {
    CHECK((shared.tensors.at(name).values<double>() == entry.values<double>()));
  }
}

}  // namespace

TEST_CASE("a Hub folder of FPA-Net has its config, weights, page and Python class") {
  const ScratchFolder work;
  const std::string run = (work / "run").string(), folder = (work / "new/hub").string();
  REQUIRE(run_program(work, "train",
                      kTrain +
                          "--input both --high-pass 4 --encoder-depth 3 --decoder-channels "
                          "32,16,8 --run " +
                          run)
              .code == 0);
  const Outcome exported =
      run_program(work, "tool", "export --checkpoint " + run + " --format hf --out " + folder);
  REQUIRE(exported.code == 0);
  CHECK(exported.out.find("FPANet.from_pretrained") != std::string::npos);
  const auto config = nlohmann::json::parse(contents(work / "new/hub/config.json"));
  CHECK(config["_model_class"] == "FPANet");
  CHECK(config["encoder_name"] == "resnet18");
  CHECK(config["encoder_depth"] == 3);
  CHECK(config["decoder_channels"] == nlohmann::json({32, 16, 8}));
  CHECK(config["in_channels"] == 3);
  CHECK(config["classes"] == 7);
  CHECK(config["attention_channels"] == 64);
  CHECK(config["input"] == "both");
  CHECK(config["high_pass"] == 4);
  CHECK(config["_class_names"][4] == "water");
  CHECK(config["_class_colors"][4] == nlohmann::json({0, 0, 255}));
  CHECK(config["_image_size"] == nlohmann::json({64, 64}));
  check_weights(run, folder);
  CHECK(contents(work / "new/hub/README.md").starts_with("---\nlibrary_name: pytorch\n"));
  CHECK(contents(work / "new/hub/fpanet.py").find("class FPANet(") != std::string::npos);

  const std::string judge = " --data synthetic:14 --split all --quiet --json ";
  const std::string a = (work / "a.json").string(), b = (work / "b.json").string();
  REQUIRE(run_program(work, "eval", "--checkpoint " + run + judge + a).code == 0);
  REQUIRE(run_program(work, "eval", "--checkpoint " + folder + judge + b).code == 0);
  CHECK(contents(a) == contents(b));
}

TEST_CASE("a Hub folder of U-Net is for segmentation-models-pytorch and needs no Python file") {
  const ScratchFolder work;
  const std::string run = (work / "run").string(), folder = (work / "hub").string();
  REQUIRE(run_program(work, "train", kTrain + "--network unet --run " + run).code == 0);
  REQUIRE(run_program(work, "tool", "export --checkpoint " + run + " --format hf --out " + folder)
              .code == 0);
  const auto config = nlohmann::json::parse(contents(work / "hub/config.json"));
  CHECK(config["_model_class"] == "Unet");
  CHECK(config["encoder_weights"].is_null());
  CHECK(config["decoder_channels"].size() == 5);
  CHECK_FALSE(config.contains("high_pass"));
  check_weights(run, folder);
  CHECK_FALSE(fs::exists(work / "hub/fpanet.py"));
  CHECK(contents(work / "hub/README.md").find("smp.from_pretrained") != std::string::npos);

  const Outcome refused = run_program(work, "tool",
                                      "export --checkpoint " + run +
                                          " --format hf --image-size 64 "
                                          "--out " +
                                          folder + "2");
  CHECK(refused.code == 2);
  CHECK(says(refused, "--image-size: goes with --format onnx only"));
  CHECK_FALSE(fs::exists(folder + "2"));
}
