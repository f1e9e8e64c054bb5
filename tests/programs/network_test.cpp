// Networks and their options through the programs: what one trains, the others take without being told
// again; what a file does not say is asked for.

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/training/metrics_table.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/programs/run_program.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet::test {
namespace {

const std::string kScenes = "--data synthetic:14 ";
const std::string kSmall =
    kScenes + "--image-size 64 --encoder resnet18 --batch-size 3 --device cpu --quiet ";
const std::string kShallow = "--encoder-depth 3 --decoder-channels 16,8,8 ";

void check_passes(const Outcome& outcome) {
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
}

void check_refused(const Outcome& outcome, const std::string& named) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == 2);
  CHECK(contains(outcome.err, named));
}

/// The last val/Loss of a run.
double validation_loss(const std::filesystem::path& run) {
  return MetricsTable::read(run / "metrics.csv").values("val/Loss").back().value;
}

/// The same weights without a word about them.
std::string without_metadata(const ScratchFolder& work, const std::string& run) {
  const SafetensorsFile file = read_safetensors(work / run / "checkpoints/best.safetensors");
  const std::string path = (work / (run + "_silent.safetensors")).string();
  write_safetensors(path, file.tensors);
  return path;
}

std::string train(const ScratchFolder& work, const std::string& name, const std::string& flags) {
  const std::string run = (work / name).string();
  check_passes(run_program(work, "train", kSmall + flags + " --epochs 1 --run " + run));
  return run;
}

struct Case {
  std::string name, flags;
  std::vector<std::string> recorded;  ///< in config.toml
};

void check_case(const Case& c) {
  CAPTURE(c.flags);
  const ScratchFolder work;
  const std::string run = train(work, "run", c.flags);
  const std::string config = contents(work / "run/config.toml");
  for (const std::string& line : c.recorded) {
    CAPTURE(line);
    CHECK(contains(config, "\n" + line + "\n"));
  }

  const std::string json = (work / "eval.json").string();
  check_passes(run_program(work, "eval",
                           "--checkpoint " + run + "/checkpoints/last.safetensors " + kScenes +
                               "--split val --batch-size 1 --json " + json));
  const double loss = nlohmann::json::parse(contents(json)).at("loss");
  CHECK(std::abs(loss - validation_loss(run)) < 1e-6);

  check_passes(
      run_program(work, "tool", "synth --count 1 --size 48 --out " + (work / "p").string()));
  const std::string predict = " --image " + (work / "p/0000_sat.jpg").string() + " --out ";
  check_passes(
      run_program(work, "predict", "--checkpoint " + run + predict + (work / "maps").string()));
  CHECK(!contents(work / "maps/0000_sat_labels.png").empty());
  const std::string onnx = (work / "model.onnx").string();
  check_passes(run_program(work, "tool", "export --checkpoint " + run + " --out " + onnx));
  CHECK(contains(contents(onnx), "fpanet.network"));
  CHECK(!contains(contents(onnx), "resolution"));
  check_passes(
      run_program(work, "tool", "export --pixel-size 0.5 --checkpoint " + run + " --out " + onnx));
  CHECK(contains(contents(onnx), "resolution"));
  for (const char* command : {"summary", "explain --measure off --task infer"}) {
    check_passes(
        run_program(work, "tool", std::string(command) + " --image-size 64 --checkpoint " + run));
  }

  // Resumed, it is the run that never stopped.
  const std::string whole = (work / "whole").string();
  check_passes(run_program(work, "train", kSmall + c.flags + " --epochs 2 --run " + whole));
  check_passes(run_program(work, "train", "--epochs 2 --quiet --resume " + run));
  for (const char* file : {"last.safetensors", "training_state.safetensors"}) {
    CAPTURE(file);
    CHECK(
        (contents(work / "run/checkpoints" / file) == contents(work / "whole/checkpoints" / file)));
  }

  // As weights for a new run, and through PyTorch's containers, it is still the same network.
  for (const char* suffix : {".pth", ".ckpt"}) {
    CAPTURE(suffix);
    const std::string file = (work / "copy").string() + suffix;
    check_passes(run_program(work, "tool", "weights convert " + run + " " + file));
    check_passes(
        run_program(work, "predict", "--checkpoint " + file + predict + (work / suffix).string()));
  }
  const std::string onwards = (work / "onwards").string();
  check_passes(run_program(work, "train",
                           kScenes + "--image-size 64 --batch-size 3 --epochs 1 --quiet --init " +
                               run + "/checkpoints/best.safetensors --run " + onwards));
  const std::string adopted = contents(work / "onwards/config.toml");
  for (const std::string& line : c.recorded) CHECK(contains(adopted, "\n" + line + "\n"));
}

TEST_CASE("U-Net is trained, evaluated, applied, exported and resumed without being named again") {
  check_case({"unet",
              "--network unet " + kShallow,
              {"network = 'unet'", "encoder-depth = 3", "decoder-channels = '16,8,8'"}});
}

TEST_CASE("so is FPA-Net without attention") {
  check_case({"none", "--attention none " + kShallow, {"attention = 'none'", "high-pass = 10"}});
}

TEST_CASE("so is FPA-Net whose attention has a softmax for each row") {
  check_case({"row", "--attention-softmax row " + kShallow, {"attention-softmax = 'row'"}});
}

TEST_CASE("so is FPA-Net that reads the image") {
  check_case({"image",
              "--input image --encoder-depth 4",
              {"input = 'image'", "encoder-depth = 4", "decoder-channels = '256,128,64,32'"}});
}

TEST_CASE("so is FPA-Net that reads the image and its high frequencies") {
  check_case(
      {"both", "--input both --high-pass 3 " + kShallow, {"input = 'both'", "high-pass = 3"}});
}

TEST_CASE("so is FPA-Net whose filter removes more, or only the mean") {
  check_case({"mean", "--high-pass 0 " + kShallow, {"high-pass = 0"}});
  check_case({"more", "--high-pass 12 " + kShallow, {"high-pass = 12"}});
}

TEST_CASE("config.toml holds the options that the network takes, and no others") {
  const ScratchFolder work;
  const auto printed = [&](const std::string& flags) {
    const Outcome outcome = run_program(work, "train", kScenes + "--print-config " + flags);
    check_passes(outcome);
    return outcome.out;
  };
  CHECK(contains(printed(""), "\ninput = 'highpass'\nhigh-pass = 10\n"));
  const std::string unet = printed("--network unet");
  for (const char* option : {"attention", "input", "high-pass"}) {
    CAPTURE(option);
    CHECK_FALSE(contains(unet, std::string("\n") + option + " ="));
  }
  const std::string file = (work / "unet.toml").string();
  std::ofstream(file) << unet;
  CHECK(printed("--config " + file) == unet);
  CHECK_FALSE(contains(printed("--input image"), "high-pass"));
}

TEST_CASE("options that a network does not take are refused by name") {
  const ScratchFolder work;
  const auto refused = [&](const std::string& flags, const std::string& named) {
    CAPTURE(flags);
    check_refused(run_program(work, "train", kSmall + flags), named);
  };
  refused("--network segnet", "--network segnet");
  refused("--network unet --attention none", "--attention none: network 'unet' has no such option");
  refused("--network unet --input image", "--input image: network 'unet' has no such option");
  refused("--network unet --high-pass 3", "--high-pass 3: network 'unet' has no such option");
  refused("--input image --high-pass 3", "--high-pass 3: input image has no filter");
  refused("--encoder-depth 6", "--encoder-depth 6: expected 3, 4 or 5");
  refused("--encoder-depth 4 --decoder-channels 8,6,4", "--decoder-channels 8,6,4: the encoder's");
  refused("--high-pass 64", "--image-size 64x64: the network takes sides of at least 65");
  for (const char* command : {"summary", "explain", "bench", "gradcheck"}) {
    CAPTURE(command);
    check_refused(run_program(work, "tool", std::string(command) + " --network unet --input both"),
                  "--input both: network 'unet' has no such option");
  }
  check_refused(run_program(work, "tool", "gradcheck --op add --network unet"), "--op add");
}

TEST_SUITE("long") {
  TEST_CASE("the gradients of networks of full depth are right") {
    const ScratchFolder work;
    for (const std::string network : {"fpanet", "unet"}) {
      CAPTURE(network);
      check_passes(run_program(work, "tool", "gradcheck --encoder-depth 5 --network " + network));
    }
  }
}

TEST_CASE("flags that contradict a checkpoint are refused") {
  const ScratchFolder work;
  const std::string run = train(work, "run", "--input both " + kShallow);
  const std::string file = run + "/checkpoints/best.safetensors";
  const auto refused = [&](const std::string& flags, const std::string& named) {
    CAPTURE(flags);
    check_refused(run_program(work, "eval", "--checkpoint " + run + " " + kScenes + flags), named);
    check_refused(run_program(work, "train", kScenes + "--init " + file + " " + flags), named);
    check_refused(
        run_program(work, "tool", "export --out a.onnx --checkpoint " + run + " " + flags), named);
  };
  refused("--network unet", "--network unet: best.safetensors holds the network fpanet");
  refused("--input image", "--input image: best.safetensors holds a network with input both");
  refused("--high-pass 3", "--high-pass 3: best.safetensors holds a network with high-pass 10");
  check_refused(run_program(work, "train", kScenes + "--init " + file + " --encoder-depth 4"),
                "--encoder-depth 4");
  check_passes(run_program(
      work, "eval",
      "--checkpoint " + run + " " + kScenes + "--network fpanet --input both --high-pass 10"));
}

TEST_CASE("a file without metadata is asked about where names and shapes do not tell") {
  const ScratchFolder work;
  train(work, "unet", "--network unet " + kShallow);
  train(work, "none", "--attention none --input image " + kShallow);
  train(work, "both", "--input both " + kShallow);
  train(work, "plain", kShallow);
  check_passes(
      run_program(work, "tool", "synth --count 1 --size 48 --out " + (work / "p").string()));
  const std::string picture = " --image " + (work / "p/0000_sat.jpg").string() + " --out ";
  const auto evaluate = [&](const std::string& file, const std::string& flags) {
    return run_program(work, "eval",
                       "--checkpoint " + file + " " + kScenes +
                           "--image-size 64 --split val --batch-size 1 --json " +
                           (work / "eval.json").string() + " " + flags);
  };
  const auto asked_by_all = [&](const std::string& file, const std::string& named) {
    CAPTURE(file);
    check_refused(evaluate(file, ""), named);
    check_refused(run_program(work, "predict", "--checkpoint " + file + picture + "maps"), named);
    check_refused(run_program(work, "tool", "export --checkpoint " + file + " --out a.onnx"),
                  named);
    check_refused(run_program(work, "train", kSmall + kShallow + "--init " + file), named);
  };
  const auto taken_by_all = [&](const std::string& run, const std::string& flags) {
    const std::string file = without_metadata(work, run);
    CAPTURE(file);
    check_passes(evaluate(file, flags));
    const double loss = nlohmann::json::parse(contents(work / "eval.json")).at("loss");
    CHECK(std::abs(loss - validation_loss(work / run)) < 1e-6);
    const std::string out = (work / (run + "_out")).string();
    check_passes(
        run_program(work, "predict", "--checkpoint " + file + picture + out + " " + flags));
    check_passes(run_program(
        work, "tool",
        "export --checkpoint " + file + " --out " + out + ".onnx --image-size 64 " + flags));
    check_passes(run_program(
        work, "train",
        kSmall + kShallow + "--epochs 1 --init " + file + " " + flags + " --run " + out + "_init"));
  };
  for (const char* run : {"unet", "none"}) {
    asked_by_all(without_metadata(work, run), "--network");
    asked_by_all(without_metadata(work, run), "--input");
  }
  asked_by_all(without_metadata(work, "both"), "--input");
  check_refused(evaluate(without_metadata(work, "none"), "--network fpanet"), "--input");
  check_refused(evaluate(without_metadata(work, "none"), "--network unet"), "--network unet");
  check_refused(evaluate(without_metadata(work, "plain"), "--network unet"), "--network unet");
  taken_by_all("unet", "--network unet");
  taken_by_all("none", "--network fpanet --input image");
  taken_by_all("both", "--network fpanet --input both");
  taken_by_all("plain", "");
}

TEST_CASE("a checkpoint of an unknown network or option is refused by name") {
  const ScratchFolder work;
  const std::string run = train(work, "run", kShallow);
  const SafetensorsFile file = read_safetensors(work / "run/checkpoints/best.safetensors");
  const std::string path = (work / "changed.safetensors").string();
  const auto refused = [&](const std::string& key, const std::string& value) {
    Metadata metadata = file.metadata;
    metadata[key] = value;
    write_safetensors(path, file.tensors, metadata);
    for (const std::string& arguments :
         {"eval --checkpoint " + path + " " + kScenes, "train " + kSmall + "--init " + path}) {
      const std::size_t space = arguments.find(' ');
      const Outcome outcome =
          run_program(work, arguments.substr(0, space), arguments.substr(space + 1));
      CAPTURE(outcome.err);
      CHECK(outcome.code != 0);
      CHECK(contains(outcome.err, "changed.safetensors"));
      CHECK(contains(outcome.err, value));
    }
  };
  refused("fpanet.network", "segnet");
  refused("fpanet.network.wavelet", "haar");
  refused("fpanet.network.input", "lowpass");

  // A run whose config.toml describes another network than it has trained is not resumed.
  std::string config = contents(work / "run/config.toml");
  const std::string from = "high-pass = 10", to = "high-pass = 11";
  config.replace(config.find(from), from.size(), to);
  std::ofstream(work / "run/config.toml") << config;
  check_refused(run_program(work, "train", "--quiet --epochs 2 --resume " + run),
                "--high-pass 11: training_state.safetensors holds a network with high-pass 10");
}

}  // namespace
}  // namespace fpanet::test
