// Weight files as a user meets them: which are taken, what the programs say of the others.

#include <doctest/doctest.h>

#include "engine/weights/weights_file.hpp"
#include "engine/weights/write_weights.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

const std::string kTiny =
    "--data synthetic:14 --image-size 64 " + kSmallNetwork + "--batch-size 3 --epochs 1 --quiet ";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("weights: run folders, Hub folders, encoders of whole models; damaged ones are named") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train", kTiny + "--run " + run).code == 0);
  const fs::path best = work / "run/checkpoints/best.safetensors";
  const WeightsFile whole = read_weights(best);

  SUBCASE("a run folder is listed and compared by its best weights") {
    const Outcome listed = run_program(work, "tool", "weights list " + run);
    CHECK(listed.code == 0);
    CHECK(has(listed.out, "model.encoder.conv1.weight"));
    CHECK(run_program(work, "tool", "weights diff " + run + " " + best.string()).code == 0);
  }
  SUBCASE("a folder of the Hugging Face Hub is read, in one file or in several") {
    const fs::path one = work / "one", several = work / "several";
    fs::create_directory(one);
    fs::create_directory(several);
    std::ofstream(one / "config.json") << "{}";
    write_weights(one / "model.safetensors", whole);
    StateDict parts[2];
    std::string map;
    for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
      const auto& [name, entry] = whole.tensors[i];
      parts[i % 2].add(name, entry);
      map +=
          (map.empty() ? "\"" : ",\"") + name + "\":\"" + std::to_string(i % 2) + ".safetensors\"";
    }
    for (int i = 0; i < 2; ++i) {
      write_weights(several / (std::to_string(i) + ".safetensors"), parts[i]);
    }
    std::ofstream(several / "model.safetensors.index.json") << "{\"weight_map\":{" << map << "}}";
    for (const fs::path& folder : {one, several}) {
      CHECK(run_program(work, "tool", "weights diff " + run + " " + folder.string()).code == 0);
      const Outcome judged = run_program(
          work, "eval",
          "--data synthetic:14 --image-size 64 --split all --checkpoint " + folder.string());
      CHECK(judged.code == 0);
      CHECK(run_program(work, "train",
                        kTiny + "--init " + folder.string() + " --run " + (folder / "run").string())
                .code == 0);
    }
  }
  SUBCASE("an encoder is taken out of a whole model, under any of its names") {
    WeightsFile smp = whole;
    smp.tensors = strip_prefix(whole.tensors, "model.");
    write_weights(work / "smp.pth", smp);
    const auto train = [&](const std::string& name, const std::string& weights) {
      const Outcome outcome = run_program(work, "train",
                                          "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                                              "--batch-size 3 --epochs 1 "
                                              "--encoder-weights " +
                                              weights + " --run " + (work / name).string());
      CHECK(outcome.code == 0);
      CHECK(has(outcome.err, "encoder tensors from"));
      CHECK(has(outcome.err, "others ignored"));
      return contents(work / name / "checkpoints/last.safetensors");
    };
    const std::string from_run = train("a", best.string());
    CHECK((train("b", (work / "smp.pth").string()) == from_run));
    CHECK((from_run != contents(work / "run/checkpoints/last.safetensors")));
  }
  SUBCASE("NaN among the weights is named with its tensor") {
    WeightsFile broken = whole;
    broken.tensors = {};
    const std::string name = "model.encoder.layer1.0.bn1.weight";
    for (const auto& [key, entry] : whole.tensors) {
      std::vector<float> values = entry.values<float>();
      if (key == name) values[3] = std::numeric_limits<float>::quiet_NaN();
      broken.tensors.add(key, key == name ? StateEntry::from_values(values, entry.shape()) : entry);
    }
    const std::string file = (work / "broken.safetensors").string();
    write_weights(file, broken);
    for (const std::string& call :
         {"predict --image nothing --out " + (work / "out").string() + " --checkpoint " + file,
          "eval --data synthetic:14 --image-size 64 --checkpoint " + file,
          "tool export --out " + (work / "a.onnx").string() + " --checkpoint " + file,
          "train " + kTiny + "--run " + (work / "x").string() + " --init " + file,
          "train " + kTiny + "--run " + (work / "x").string() + " --encoder-weights " + file}) {
      CAPTURE(call);
      std::ofstream(work / "nothing.png") << "";
      std::string arguments = call.substr(call.find(' ') + 1);
      if (const auto at = arguments.find("nothing "); at != arguments.npos) {
        arguments.replace(at, 8, (work / "nothing.png").string() + " ");
      }
      const Outcome outcome = run_program(work, call.substr(0, call.find(' ')), arguments);
      CHECK(outcome.code == 1);
      CHECK(has(outcome.err, name + " holds nan at element 3"));
    }
  }
  SUBCASE("fewer class names than classes are refused, not read past their end") {
    WeightsFile broken = whole;
    broken.metadata["fpanet.classes"] = R"([["a",0,0,0],["b",1,1,1]])";
    const std::string file = (work / "broken.safetensors").string();
    write_weights(file, broken);
    const Outcome outcome =
        run_program(work, "eval", "--data synthetic:14 --image-size 64 --checkpoint " + file);
    CHECK(outcome.code == 1);
    CHECK(has(outcome.err, "the model has 7 classes, but its metadata names 2"));
  }
  SUBCASE("a size that the network cannot take is wrong usage") {
    const std::string out = (work / "a.onnx").string();
    for (const auto& one : std::vector<std::pair<std::string, int>>{
             {"summary --image-size 33", 32},
             {"explain --image-size 33", 32},
             {"export --image-size 33 --out " + out + " --checkpoint " + run, 8}}) {
      const std::string& call = one.first;
      CAPTURE(call);
      const Outcome outcome = run_program(work, "tool", call);
      CHECK(outcome.code == 2);
      CHECK(has(outcome.err,
                fmt::format("--image-size 33x33: the network takes multiples of {}", one.second)));
    }
  }
}

TEST_CASE("a resumed run whose data are elsewhere is told where the path comes from") {
  const ScratchFolder work;
  const std::string in_work = "cd " + work.path().string() + " && ";
  REQUIRE(run_program(work, "tool", "synth --out data --count 10 --size 64", in_work).code == 0);
  REQUIRE(run_program(work, "train",
                      "--data data --image-size 64 " + kSmallNetwork +
                          "--batch-size 4 --epochs 1 "
                          "--cache off --quiet --run run",
                      in_work)
              .code == 0);
  const std::string resume = "--epochs 2 --quiet --resume " + (work / "run").string();
  const Outcome elsewhere = run_program(work, "train", resume, "cd / && ");
  CHECK(elsewhere.code == 1);
  CHECK(has(elsewhere.err, "run/config.toml: its data = \"data\" is not here"));
  CHECK(has(elsewhere.err, "--data"));
  CHECK(
      run_program(work, "train", resume + " --data " + (work / "data").string(), "cd / && ").code ==
      0);
}

TEST_CASE("a path that a configuration file cannot hold is refused before anything is made") {
  const ScratchFolder work;
  const std::string data = (work / "caf\xe9").string();
  REQUIRE(run_program(work, "tool", "synth --out " + data + " --count 10 --size 64").code == 0);
  const Outcome outcome = run_program(
      work, "train",
      "--data " + data + " --image-size 64 --epochs 1 --run " + (work / "run").string());
  CHECK(outcome.code == 2);
  CHECK(has(outcome.err, "--data"));
  CHECK(has(outcome.err, "caf?: is not UTF-8"));
  CHECK_FALSE(fs::exists(work / "run"));
}
