// What a training run survives: streams that cannot be written, terminals that go away, kills.

#include <doctest/doctest.h>

#include <fstream>
#include <random>

#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/programs/child.hpp"
#include "tests/programs/run_program.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

// 7 images to train on: two whole batches and a last one of a single image.
const std::string kTiny =
    "--data synthetic:14 --image-size 64 " + kSmallNetwork + "--batch-size 3 --seed 7 ";

/// Runs `command` in a shell, "TRAIN" standing for fpanet_train with the tiny run's flags, and
/// returns the exit code that the command wrote with "echo $? > CODE".
int shell(const ScratchFolder& work, std::string command) {
  const auto replace = [&](const std::string& word, const std::string& by) {
    for (std::size_t at = 0; (at = command.find(word, at)) != command.npos; at += by.size()) {
      command.replace(at, word.size(), by);
    }
  };
  const std::string code = (work / "code").string();
  replace("TRAIN", FPANET_PROGRAMS + std::string("/fpanet_train ") + kTiny + "--epochs 1 --run");
  replace("CODE", code);
  fs::remove(code);
  [[maybe_unused]] const int status = std::system(command.c_str());
  const std::string text = contents(code);
  return text.empty() ? -1 : std::stoi(text);
}

std::string state_of(const fs::path& run) {
  return contents(run / "checkpoints/training_state.safetensors");
}

/// Every file of a run that was killed is whole, whatever was being written.
void check_whole(const fs::path& run) {
  for (const char* name : {"best", "last", "training_state"}) {
    const fs::path file = run / "checkpoints" / (std::string(name) + ".safetensors");
    if (fs::exists(file)) CHECK_NOTHROW(read_safetensors(file));
  }
  const std::string steps = contents(run / "steps.csv");
  CHECK((steps.empty() || steps.ends_with('\n')));
}

bool has_temporary(const fs::path& run) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(run, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().find(".tmp-") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a training goes on when its messages cannot be written") {
  const ScratchFolder work;
  const auto run = [&](const std::string& name) { return (work / name).string(); };
  const std::string out = " > " + run("out") + " ";
  REQUIRE(shell(work, "TRAIN " + run("plain") + out + "2> /dev/null; echo $? > CODE") == 0);
  const std::string best = contents(work / "out");
  CHECK(best.find("best epoch 1") != std::string::npos);
  const auto check = [&](const std::string& name, const std::string& command, int code = 0) {
    CAPTURE(command);
    CHECK(shell(work, command) == code);
    check_same_run(work / "plain", work / name);
    CHECK(fs::exists(work / name / "report.html"));
  };
  check("closed", "TRAIN " + run("closed") + out + "2>&-; echo $? > CODE");
  check("full", "TRAIN " + run("full") + out + "2> /dev/full; echo $? > CODE");
  check("input", "TRAIN " + run("input") + out + "2> /dev/null <&-; echo $? > CODE");
  check("none", "TRAIN " + run("none") + out + "<&- 2>&-; echo $? > CODE");
  // The reader of the messages has gone.
  check("head",
        "{ TRAIN " + run("head") + " 2>&1" + out + "; echo $? > CODE; } | head -n 1 > /dev/null");
  // So has the reader of the result: everything is saved, but the result is lost.
  check("pipe", "{ TRAIN " + run("pipe") + " 2> /dev/null; echo $? > CODE; } | true", 1);
  check("nowhere", "TRAIN " + run("nowhere") + " >&- 2> /dev/null; echo $? > CODE", 1);
}

TEST_CASE("a hang-up stops a training as an interrupt does, unless nohup has it ignored") {
  const ScratchFolder work;
  const std::string flags = kTiny + "--quiet --epochs 2 --run ";
  REQUIRE(run_program(work, "train", flags + (work / "whole").string()).code == 0);
  {
    Child child("train", flags + (work / "parts").string() + " 2> /dev/null");
    wait_for_steps(work / "parts", 1);
    child.send(SIGHUP);
    child.send(SIGHUP);  // a terminal that goes away often sends two
    CHECK(child.wait() == 130);
  }
  REQUIRE(run_program(work, "train", "--quiet --resume " + (work / "parts").string()).code == 0);
  check_same_run(work / "whole", work / "parts");

  Child child("train", flags + (work / "nohup").string() + " > /dev/null 2> /dev/null",
              "exec nohup ");
  wait_for_steps(work / "nohup", 1);
  child.send(SIGHUP);
  CHECK(child.wait() == 0);
  check_same_run(work / "whole", work / "nohup");
}

TEST_CASE("a run that is killed before its first epoch ends goes on from its last saved state") {
  const ScratchFolder work;
  const std::string flags = kTiny + "--quiet --epochs 2 --run ";
  REQUIRE(run_program(work, "train", flags + (work / "whole").string()).code == 0);
  const auto killed = [&](const std::string& name, const std::string& more) {
    Child child("train", flags + (work / name).string() + " " + more + " 2> /dev/null");
    wait_for_steps(work / name, 2);
    child.send(SIGKILL);
    CHECK(child.wait() == 1000 + SIGKILL);
    check_whole(work / name);
    CHECK_FALSE(fs::exists(work / name / "checkpoints/best.safetensors"));
  };
  killed("late", "--save-every 0");
  killed("early", "--save-every 0.00001");
  const auto has_steps = [&](const std::string& name) {
    const std::string state = state_of(work / name);
    return state.substr(0, 4096).find("\\\"global_step\\\":0,") == std::string::npos;
  };
  CHECK_FALSE(has_steps("late"));  // the state of the beginning
  CHECK(has_steps("early"));
  const std::string run = (work / "late").string();
  const Outcome again = run_program(work, "train", flags + run);
  CHECK(again.code == 1);
  CHECK(again.err.find("continue that run with --resume " + run) != std::string::npos);
  const Outcome judged = run_program(work, "eval", "--data synthetic:14 --checkpoint " + run);
  CHECK(judged.code == 1);
  CHECK(judged.err.find("has not finished its first epoch") != std::string::npos);
  for (const std::string name : {"late", "early"}) {
    REQUIRE(run_program(work, "train", "--quiet --resume " + (work / name).string()).code == 0);
    check_same_run(work / "whole", work / name);
  }
}

TEST_CASE("a run that died before it had begun begins again in its folder") {
  const ScratchFolder work;
  const std::string flags = kTiny + "--quiet --epochs 1 --run ", run = (work / "run").string();
  REQUIRE(run_program(work, "train", flags + (work / "whole").string()).code == 0);
  // config.toml is the last file that a beginning run writes.
  fs::create_directories(work / "run/checkpoints");
  std::ofstream(work / "run/checkpoints/training_state.safetensors") << "state";
  std::ofstream(work / "run/checkpoints/last.safetensors.tmp-99-0") << "half";
  std::ofstream(work / "run/split.csv") << "id,split\n";
  std::ofstream(work / "run/config.toml.tmp-99-1") << "half";
  REQUIRE(run_program(work, "train", flags + run).code == 0);
  check_same_run(work / "whole", work / "run");

  // A split.csv that the user has put there is not ours.
  fs::create_directories(work / "mine/checkpoints");
  std::ofstream(work / "mine/split.csv") << "id,split\n";
  const Outcome refused = run_program(work, "train", flags + (work / "mine").string());
  CHECK(refused.code == 1);
  CHECK(refused.err.find("it contains split.csv") != std::string::npos);
  CHECK(contents(work / "mine/split.csv") == "id,split\n");
}

TEST_CASE("rows of steps.csv that were cut off do not keep a run from going on") {
  const ScratchFolder work;
  const std::string flags = kTiny + "--quiet --run ";
  REQUIRE(run_program(work, "train", flags + (work / "whole").string() + " --epochs 2").code == 0);
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train", flags + run + " --epochs 1").code == 0);
  std::ofstream(work / "run/steps.csv", std::ios::app) << "1,3,0.91,0.0001\n1,";
  REQUIRE(run_program(work, "train", "--quiet --epochs 2 --resume " + run).code == 0);
  check_same_run(work / "whole", work / "run");
}

TEST_SUITE("long") {
  TEST_CASE("kills at random moments lose nothing but the steps since the last saved state") {
    constexpr int kKills = 60;
    const ScratchFolder work;
    const std::string flags = kTiny + "--quiet --epochs 3 ", to_null = " > /dev/null 2> /dev/null";
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begin = Clock::now();
    REQUIRE(run_program(work, "train", flags + "--run " + (work / "whole").string()).code == 0);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();

    std::mt19937 random(60);
    std::uniform_real_distribution<double> moment(0, seconds);
    int kills = 0, runs = 0, while_writing = 0, before_first_epoch = 0, before_config = 0;
    while (kills < kKills) {
      // Half of the runs save their state after every step, so that most of their time is writing.
      const fs::path run = work / ("run" + std::to_string(runs));
      const std::string save_every = runs++ % 2 == 0 ? "--save-every 0.00001 " : "--save-every 0 ";
      for (bool done = false; !done;) {
        const bool begun = fs::exists(run / "config.toml");
        const std::string arguments = begun ? "--quiet --resume " + run.string()
                                            : flags + save_every + "--run " + run.string();
        Child child("train", arguments + to_null);
        if (kills < kKills) {
          std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
          child.send(SIGKILL);
        }
        const int code = child.wait();
        done = code == 0;
        if (done) break;
        REQUIRE(code == 1000 + SIGKILL);
        ++kills;
        while_writing += has_temporary(run);
        before_first_epoch += !fs::exists(run / "checkpoints/best.safetensors");
        before_config += !fs::exists(run / "config.toml");
        check_whole(run);
      }
      check_same_run(work / "whole", run);
      CHECK_FALSE(has_temporary(run));
      fs::remove_all(run);
    }
    MESSAGE(kills << " kills in " << runs << " runs of " << seconds << " s: " << while_writing
                  << " while a file was written, " << before_first_epoch
                  << " before the first epoch ended, " << before_config
                  << " before config.toml was written");
    CHECK(while_writing > 0);
    CHECK(before_first_epoch > 0);
  }
}
