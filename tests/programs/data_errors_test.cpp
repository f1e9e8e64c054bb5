// Bad data gets one message that names the file and the problem, before anything is trained.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

/// A folder of good scenes to spoil.
fs::path good_data(const ScratchFolder& work) {
  const fs::path data = work / "data";
  REQUIRE(run_program(work, "tool", "synth --out " + data.string() + " --count 8 --size 64").code ==
          0);
  return data;
}

/// Training on `data` fails with this exit code and a message holding `named`; no run folder
/// appears.
void check_refused(const ScratchFolder& work, const fs::path& data, const std::string& named,
                   const std::string& image_size = "64", int code = 1) {
  const fs::path run = work / "run";
  const Outcome outcome = run_program(work, "train",
                                      "--data " + data.string() + " --image-size " + image_size +
                                          " --encoder resnet18 --epochs 1 --cache off --quiet "
                                          "--run " +
                                          run.string());
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.err.find(named) != std::string::npos);
  CHECK_FALSE(fs::exists(run));
}

void truncate(const fs::path& file) {
  fs::resize_file(file, fs::file_size(file) / 2);
}

}  // namespace

TEST_CASE("folders that are no data set") {
  const ScratchFolder work;
  check_refused(work, work / "nowhere", "nowhere");
  fs::create_directories(work / "empty");
  check_refused(work, work / "empty", "empty");
}

TEST_CASE("a missing class table") {
  const ScratchFolder work;
  const fs::path data = good_data(work);
  fs::remove(data / "class_dict.csv");
  check_refused(work, data, "class_dict.csv");
}

TEST_CASE("an image without a mask") {
  const ScratchFolder work;
  const fs::path data = good_data(work);
  fs::remove(data / "0003_mask.png");
  check_refused(work, data, "0003_sat");
}

TEST_CASE("all unreadable files are listed at once") {
  const ScratchFolder work;
  const fs::path data = good_data(work);
  truncate(data / "0001_sat.jpg");
  truncate(data / "0004_mask.png");
  truncate(data / "0007_sat.jpg");  // for testing: not read unless others are bad
  fs::copy_file(data / "class_dict.csv", data / "0006_sat.jpg",
                fs::copy_options::overwrite_existing);
  const std::string csv = (work / "split.csv").string();
  std::ofstream split(csv);
  split << "id,split\n";
  for (int i = 0; i < 8; ++i)
    split << "000" << i << (i < 6 ? ",train\n" : i < 7 ? ",val\n" : ",test\n");
  split.close();
  const Outcome outcome = run_program(work, "train",
                                      "--data " + data.string() + " --split " + csv +
                                          " --image-size 64 --epochs 1 --cache off --quiet --run " +
                                          (work / "run").string());
  CHECK(outcome.code == 1);
  for (const char* file : {"0001_sat.jpg", "0004_mask.png", "0006_sat.jpg", "0007_sat.jpg"}) {
    CAPTURE(file);
    CHECK(outcome.err.find(file) != std::string::npos);
  }
}

TEST_CASE("a single image cannot be split") {
  const ScratchFolder work;
  const fs::path data = good_data(work);
  for (int i = 1; i < 8; ++i) {
    const std::string id = fmt::format("{:04}", i);
    fs::remove(data / (id + "_sat.jpg"));
    fs::remove(data / (id + "_mask.png"));
  }
  check_refused(work, data, "data: split: 1 scene");
}

TEST_CASE("image sizes that do not fit the network") {
  const ScratchFolder work;
  const fs::path data = good_data(work);
  check_refused(work, data, "--image-size 70x64: the network takes multiples of 32", "70x64", 2);
  const std::string others = (work / "others").string();
  REQUIRE(run_program(work, "tool", "synth --out " + others + " --count 8 --size 64x96").code == 0);
  for (const char* file : {"0002_sat.jpg", "0002_mask.png", "0005_sat.jpg", "0005_mask.png"}) {
    fs::copy_file(work / "others" / file, data / file, fs::copy_options::overwrite_existing);
  }
  check_refused(work, data, "images of a batch have one size", "native", 2);
  const std::string small = (work / "small").string();
  REQUIRE(run_program(work, "tool", "synth --out " + small + " --count 8 --size 48").code == 0);
  check_refused(work, work / "small", "is 48x48, but the network takes multiples of 32", "native",
                2);
}

TEST_CASE("a full disk leaves whole files only") {
  const ScratchFolder work;
  const fs::path run = work / "run";
  // The limit on a file's size stands for the disk: it is met by the first file that is written.
  const Outcome outcome = run_program(work, "train",
                                      "--data synthetic:8 --image-size 64 " + kSmallNetwork +
                                          "--epochs 1 --quiet --run " + run.string(),
                                      "ulimit -f 2000; ");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("training_state.safetensors: cannot write") != std::string::npos);
  CHECK(fs::is_empty(run / "checkpoints"));
}
