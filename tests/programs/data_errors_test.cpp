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

/// Training on `data` fails with exit code 1 and a message holding `named`; no run folder appears.
void check_refused(const ScratchFolder& work, const fs::path& data, const std::string& named) {
  const fs::path run = work / "run";
  const Outcome outcome =
      run_program(work, "train",
                  "--data " + data.string() +
                      " --image-size 64 --encoder resnet18 --epochs 1 --cache off --quiet --run " +
                      run.string());
  CAPTURE(outcome.err);
  CHECK(outcome.code == 1);
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
  fs::copy_file(data / "class_dict.csv", data / "0006_sat.jpg",
                fs::copy_options::overwrite_existing);
  const std::string csv = (work / "split.csv").string();
  std::ofstream split(csv);
  split << "id,split\n";
  for (int i = 0; i < 8; ++i) split << "000" << i << (i < 6 ? ",train\n" : ",val\n");
  split.close();
  const Outcome outcome = run_program(work, "train",
                                      "--data " + data.string() + " --split " + csv +
                                          " --image-size 64 --epochs 1 --cache off --quiet --run " +
                                          (work / "run").string());
  CHECK(outcome.code == 1);
  for (const char* file : {"0001_sat.jpg", "0004_mask.png", "0006_sat.jpg"}) {
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
  check_refused(work, data, "1");
}
