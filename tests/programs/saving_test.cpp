// Checkpoints are written while training goes on: disks that are full, interrupts and kills meanwhile. The
// best checkpoint is a FIFO here, so that the thread that writes it waits for the test.

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/programs/child.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

// Averaged weights tell the best checkpoint from the last.
const std::string kFlags = "--data synthetic:28 --image-size 64 " + kSmallNetwork +
                           "--batch-size 3 --seed 7 --save-every 0 --ema 0.5 --quiet ";

fs::path best_of(const fs::path& run) {
  return run / "checkpoints/best.safetensors";
}

/// Runs of one and of two epochs, trained once.
struct Runs {
  ScratchFolder work;
  fs::path one = work / "one", two = work / "two";
  std::int64_t steps = 0;  // of an epoch

  Runs() {
    for (const auto& [run, epochs] : {std::pair(one, "1 "), std::pair(two, "2 ")}) {
      REQUIRE(run_program(work, "train", kFlags + "--epochs " + epochs + "--run " + run.string())
                  .code == 0);
    }
    steps = lines_in(one / "steps.csv") - 1;
    REQUIRE(steps > 2);
    // What the tests stand on: the second epoch is the better one.
    REQUIRE(contents(best_of(one)) != contents(best_of(two)));
  }
};

Runs& runs() {
  static Runs made;
  return made;
}

/// A copy of the run of one epoch whose best checkpoint is a link to `file`.
fs::path copy_with_best(const std::string& name, const fs::path& file) {
  const fs::path run = runs().work / name;
  fs::copy(runs().one, run, fs::copy_options::recursive);
  fs::remove(best_of(run));
  fs::create_symlink(file, best_of(run));
  return run;
}

std::string resume(const fs::path& run, int epochs) {
  return "--quiet --epochs " + std::to_string(epochs) + " --resume " + run.string();
}

void check_same_file(const fs::path& a, const fs::path& b, const std::string& name) {
  CAPTURE(name);
  CHECK((contents(a / name) == contents(b / name)));
}

const std::string kLast = "checkpoints/last.safetensors",
                  kState = "checkpoints/training_state.safetensors";

}  // namespace

TEST_CASE(
    "a disk that is full for the thread that saves stops the training; with room it goes on") {
  const fs::path run = copy_with_best("full", "/dev/full");
  const Outcome outcome = run_program(runs().work, "train", resume(run, 1000));
  CHECK(outcome.code == 1);
  CAPTURE(outcome.err);
  CHECK(says(outcome, best_of(run).string() + ": cannot write: No space left on device"));
  // What follows the best checkpoint has not been written, and at most one epoch more was trained.
  check_same_file(run, runs().one, kLast);
  check_same_file(run, runs().one, kState);
  CHECK(lines_in(run / "steps.csv") <= 1 + 3 * runs().steps);

  fs::remove(best_of(run));
  fs::copy_file(best_of(runs().one), best_of(run));
  REQUIRE(run_program(runs().work, "train", resume(run, 2)).code == 0);
  check_same_run(runs().two, run);
}

TEST_CASE("training goes on while a checkpoint is written; an interrupt waits until it is") {
  const fs::path fifo = runs().work / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const fs::path run = copy_with_best("interrupted", fifo);
  Child child("train", resume(run, 1000) + " 2> /dev/null");
  // Steps of the third epoch, although the best checkpoint of the second is being written.
  wait_for_steps(run, 2 * runs().steps + 1);
  CHECK(lines_in(run / "steps.csv") > 1 + 2 * runs().steps);
  check_same_file(run, runs().one, kState);
  child.send(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  check_same_file(run, runs().one, kState);
  std::ifstream reader(fifo, std::ios::binary);  // opens once the other end is open
  fs::remove(best_of(run));                      // so that a later one is a file
  const std::string best{std::istreambuf_iterator<char>(reader), {}};
  CHECK(child.wait() == 130);
  CHECK((best == contents(best_of(runs().two))));

  const auto resumed = runs().work / "resumed";
  fs::copy(run, resumed, fs::copy_options::recursive);
  const fs::path whole = runs().work / "whole";
  REQUIRE(run_program(runs().work, "train", kFlags + "--epochs 4 --run " + whole.string()).code ==
          0);
  REQUIRE(run_program(runs().work, "train", resume(resumed, 4)).code == 0);
  check_same_file(whole, resumed, kLast);
  check_same_file(whole, resumed, kState);
  check_same_file(whole, resumed, "steps.csv");
}

TEST_CASE("a kill while a checkpoint is written costs the steps since the last saved state") {
  const fs::path fifo = runs().work / "other fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const fs::path run = copy_with_best("killed", fifo);
  {
    Child child("train", resume(run, 1000) + " 2> /dev/null");
    // The third epoch ends, but its results wait for the files of the second.
    wait_for_steps(run, 3 * runs().steps);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    CHECK(lines_in(run / "steps.csv") == 1 + 3 * runs().steps);
    CHECK(lines_in(run / "metrics.csv") == 1 + 2 * 2);
    child.send(SIGKILL);
    CHECK(child.wait() == 1000 + SIGKILL);
  }
  check_same_file(run, runs().one, kState);
  fs::remove(best_of(run));
  REQUIRE(run_program(runs().work, "train", resume(run, 2)).code == 0);
  check_same_run(runs().two, run);
}
