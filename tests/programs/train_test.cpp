// fpanet_train as a whole: what it writes, how it stops, how it goes on.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/simd/cpu_isa.hpp"
#include "tests/programs/child.hpp"
#include "tests/programs/run_program.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

// Small enough for seconds, large enough for several steps and a last batch of its own.
const std::string kTiny =
    "--data synthetic:14 --image-size 64 " + kSmallNetwork + "--batch-size 3 --quiet ";

/// Starts a training that would take long, stops it with `signal` after `steps` steps, or with none
/// while it reads its images, and returns the exit code.
int train_interrupted(const std::filesystem::path& run, const std::string& flags, int steps,
                      int signal = SIGINT) {
  Child child("train", flags + " --run " + run.string() + " 2> /dev/null");
  if (steps == 0) std::this_thread::sleep_for(std::chrono::seconds(1));
  if (steps > 0) wait_for_steps(run, steps);
  child.send(signal);
  return child.wait();
}

}  // namespace

TEST_CASE("a resumed run is bit-equal to one that was never stopped") {
  const ScratchFolder work;
  const std::string whole = (work / "whole").string(), parts = (work / "parts").string();
  REQUIRE(run_program(work, "train", kTiny + "--epochs 3 --run " + whole).code == 0);

  SUBCASE("stopped between epochs") {
    REQUIRE(run_program(work, "train", kTiny + "--epochs 1 --run " + parts).code == 0);
    REQUIRE(run_program(work, "train", "--epochs 3 --quiet --resume " + parts).code == 0);
    check_same_run(whole, parts);
  }
  SUBCASE("interrupted within an epoch") {
    CHECK(train_interrupted(parts, kTiny + "--epochs 3", 1) == 130);
    CHECK(!contents(work / "parts/checkpoints/last.safetensors").empty());
    REQUIRE(run_program(work, "train", "--quiet --resume " + parts).code == 0);
    check_same_run(whole, parts);
  }
  for (const char* file : {"config.toml", "split.csv", "metrics.csv", "report.html"}) {
    CAPTURE(file);
    CHECK(!contents(work / "whole" / file).empty());
  }
}

TEST_CASE("a run interrupted before it began leaves nothing") {
  const ScratchFolder work;
  CHECK(train_interrupted(work / "run", "--data synthetic:100000 --image-size 320", 0) == 130);
  CHECK_FALSE(std::filesystem::exists(work / "run"));
}

TEST_CASE("a run that early stopping ended goes on with more patience") {
  const ScratchFolder work;
  const std::string whole = (work / "whole").string(), parts = (work / "parts").string();
  const std::string wild = kTiny + "--lr 0.05 --epochs 4 ";  // validation soon gets no better
  REQUIRE(run_program(work, "train", wild + "--patience 4 --run " + whole).code == 0);
  REQUIRE(run_program(work, "train", wild + "--patience 1 --run " + parts).code == 0);
  REQUIRE(contents(work / "parts/steps.csv").size() < contents(work / "whole/steps.csv").size());
  REQUIRE(run_program(work, "train", "--quiet --patience 4 --resume " + parts).code == 0);
  check_same_run(whole, parts);
}

TEST_CASE("a run interrupted while it validates goes on from there") {
  const ScratchFolder work;
  const std::string csv = (work / "split.csv").string();
  std::ofstream split(csv);
  split << "id,split\n0000,train\n0001,train\n";
  for (int i = 2; i < 90; ++i) split << "00" << i / 10 << i % 10 << ",val\n";
  split.close();
  const std::string flags = "--data synthetic:90 --image-size 64 " + kSmallNetwork +
                            "--batch-size 2 --quiet --epochs 1 "
                            "--split " +
                            csv;
  REQUIRE(run_program(work, "train", flags + " --run " + (work / "whole").string()).code == 0);
  // Its one step is booked before validation begins.
  CHECK(train_interrupted(work / "parts", flags, 1) == 130);
  CHECK(!std::filesystem::exists(work / "parts/checkpoints/best.safetensors"));
  REQUIRE(run_program(work, "train", "--quiet --resume " + (work / "parts").string()).code == 0);
  check_same_run(work / "whole", work / "parts");
}

TEST_CASE("a run goes on from a Lightning checkpoint of ours as if it had not been one") {
  const ScratchFolder work;
  const std::string whole = (work / "whole").string(), first = (work / "first").string(),
                    second = (work / "second").string(), ckpt = (work / "first.ckpt").string();
  REQUIRE(run_program(work, "train", kTiny + "--epochs 2 --run " + whole).code == 0);
  REQUIRE(run_program(work, "train", kTiny + "--epochs 1 --run " + first).code == 0);
  REQUIRE(run_program(work, "tool", "weights convert " + first + " " + ckpt).code == 0);
  const std::string resume = kTiny + "--resume " + ckpt + " --run " + second + " --epochs ";

  const Outcome behind = run_program(work, "train", resume + "1");
  CHECK(behind.code == 1);
  CHECK(behind.err.find("has already trained 1 epochs, and --epochs 1 asks for no more") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(second));

  REQUIRE(run_program(work, "train", resume + "2").code == 0);
  CHECK((contents(work / "second/checkpoints/last.safetensors") ==
         contents(work / "whole/checkpoints/last.safetensors")));
  CHECK(std::filesystem::exists(work / "second/checkpoints/best.safetensors"));
  const std::string steps = contents(work / "whole/steps.csv");
  const std::string onwards = contents(work / "second/steps.csv");
  const std::size_t header = onwards.find('\n') + 1;
  CHECK(onwards.size() > header);
  CHECK(steps.ends_with(onwards.substr(header)));

  // The new folder is a run like any other.
  REQUIRE(run_program(work, "train", "--quiet --epochs 3 --resume " + second).code == 0);
  CHECK(contents(work / "second/steps.csv").starts_with(onwards));
}

TEST_CASE("a loss that is not a number stops the run and keeps the last good checkpoint") {
  const ScratchFolder work;
  const std::string wild = (work / "wild").string();
  const Outcome first = run_program(work, "train", kTiny + "--lr 1e30 --epochs 2 --run " + wild);
  CHECK(first.code == 1);
  CHECK(first.err.find("loss is") != std::string::npos);
  CHECK(first.err.find("step") != std::string::npos);
  CHECK(first.err.find("there is no checkpoint") != std::string::npos);
  CHECK(!std::filesystem::exists(work / "wild/checkpoints/best.safetensors"));

  // A run that goes astray later: the learning rate is raised between.
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train", kTiny + "--epochs 1 --lr 0.001 --run " + run).code == 0);
  const std::string good = contents(work / "run/checkpoints/last.safetensors");
  std::string config = contents(work / "run/config.toml");
  const std::size_t lr = config.find("\nlr = 0.001\n");
  REQUIRE(lr != std::string::npos);
  config.replace(lr, 12, "\nlr = 1e30\n");
  std::ofstream(work / "run/config.toml") << config;
  const Outcome later = run_program(work, "train", "--resume " + run + " --epochs 4");
  CHECK(later.code == 1);
  CHECK(later.err.find("the last good checkpoint is " + run) != std::string::npos);
  CHECK((contents(work / "run/checkpoints/last.safetensors") == good));
}

TEST_CASE("wrong usage exits with 2 and names the flag") {
  const ScratchFolder work;
  const auto refused = [&](const std::string& arguments, const std::string& named) {
    CAPTURE(arguments);
    const Outcome outcome = run_program(work, "train", arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find(named) != std::string::npos);
  };
  refused("", "--data");
  refused(kTiny + "--batch-size 0", "--batch-size");
  refused(kTiny + "--image-size 0", "--image-size");
  refused(kTiny + "--lr fast", "--lr");
  refused(kTiny + "--no-such-flag", "--no-such-flag");
  refused(kTiny + "--device cpu --precision tf32", "--precision tf32: the CPU computes in");
  refused(kTiny + "--encoder resnet35", "--encoder");
}

TEST_CASE(
    "a batch that is a single pixel to batch norm is refused before the run's folder is made") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const auto train = [&](const std::string& arguments) {
    return run_program(work, "train",
                       "--data synthetic:10 --image-size 32 --epochs 1 --encoder resnet18 --run " +
                           run + " " + arguments);
  };
  // 5 of 10 scenes are trained on: 4 + 1 or 3 + 2.
  for (const std::string batch_size : {"--batch-size 1", "--batch-size 4"}) {
    CAPTURE(batch_size);
    const Outcome refused = train(batch_size);
    CHECK(refused.code == 2);
    CHECK(refused.err.find("--image-size 32x32: 5 images") != std::string::npos);
    CHECK(!std::filesystem::exists(run));
  }
  CHECK(train("--batch-size 3").code == 0);
}

TEST_CASE("a run folder that is not empty is refused") {
  const ScratchFolder work;
  std::filesystem::create_directories(work / "run");
  std::ofstream(work / "run/notes.txt") << "mine";
  const Outcome outcome =
      run_program(work, "train", kTiny + "--epochs 1 --run " + (work / "run").string());
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("not empty") != std::string::npos);
  CHECK(contents(work / "run/notes.txt") == "mine");
}

TEST_CASE(
    "bf16 on the CPU trains, evaluates and is timed where FPANET_CPU or the processor allows") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const std::string bf16 = "--precision bf16 --device cpu ", anyway = "FPANET_CPU=generic ";
  const auto passes = [&](const std::string& program, const std::string& arguments) {
    const Outcome outcome = run_program(work, program, arguments, anyway);
    CAPTURE(program);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
    return outcome;
  };
  passes("train", kTiny + bf16 + "--epochs 1 --run " + run);
  CHECK(contents(work / "run/metrics.csv").find("nan") == std::string::npos);
  const std::string eval =
      "--checkpoint " + run + " --data synthetic:14 --image-size 64 --split test ";
  const Outcome in_bf16 = passes("eval", eval + bf16), in_fp32 = passes("eval", eval);
  CHECK(in_bf16.out.find("Dice") != std::string::npos);
  CHECK(in_bf16.out != in_fp32.out);
  passes("tool", "bench --batch 1 --image-size 64 --repeat 1 --warmup 1 --ops " + bf16);

  const Outcome plain = run_program(work, "train", kTiny + bf16 + "--epochs 1 --run " + run + "2");
  const bool has_products = kernels::has_cpu_isa(kernels::kBf16Isa) || std::getenv("FPANET_CPU");
  CHECK(plain.code == (has_products ? 0 : 2));
  if (has_products) return;
  const std::string level(name_of(kernels::detected_cpu_isa()));
  CHECK(plain.err.find(
            fmt::format("--precision bf16: on the CPU it needs {}, but this processor has {}",
                        kernels::kBf16Instructions, level)) != std::string::npos);
}

TEST_CASE("a wrong FPANET_CPU is refused before the run's folder is made") {
  const ScratchFolder work;
  const Outcome outcome =
      run_program(work, "train", kTiny + "--device cpu --epochs 1 --run " + (work / "run").string(),
                  "FPANET_CPU=pentium ");
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("FPANET_CPU=pentium: must be one of generic, wide, avx2") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(work / "run"));
}

// The flags of the recipe: recipe_test.cpp.
TEST_CASE("rate, decay, seed, order, precision and weights change the result, threads do not") {
  const ScratchFolder work;
  const std::string one_epoch = kTiny + "--epochs 1 --run ";
  const auto last_of = [&](const std::string& name, const std::string& more) {
    const std::string run = (work / name).string();
    const Outcome outcome = run_program(work, "train", one_epoch + run + " " + more);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return contents(work / name / "checkpoints/last.safetensors");
  };
  const std::string base = last_of("base", "");
  CHECK((last_of("again", "") == base));
  CHECK((last_of("threads", "--threads 1") == base));
  CHECK((last_of("lr", "--lr 2e-4") != base));
  CHECK((last_of("decay", "--weight-decay 0.5") != base));
  CHECK((last_of("seed", "--seed 7") != base));
  CHECK((last_of("shuffle", "--shuffle off") != base));
  CHECK((last_of("precision", "--precision fp64") != base));
  CHECK((last_of("init",
                 "--lr 1e-9 --init " + (work / "base/checkpoints/best.safetensors").string()) !=
         last_of("no-init", "--lr 1e-9")));
}
