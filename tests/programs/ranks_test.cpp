// Trainings and evaluations of several ranks, started by mpirun, or with torchrun's variables.

#include <doctest/doctest.h>

#include <fmt/core.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "engine/distributed/socket.hpp"
#include "tests/programs/child.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

namespace fs = std::filesystem;

// 8 images to train on: two whole batches and a last one of two, fewer than three ranks.
const std::string kShared = "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                            "--batch-size 3 --seed 7 "
                            "--precision fp64 --threads 1 --device cpu ";

/// Text in front of a program that starts it as ranks; a wait for the others does not take the
/// processor from them.
std::string mpirun(int ranks, const std::string& more = "") {
  return fmt::format(
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 exec {} --oversubscribe --bind-to "
      "none {} -n {} ",
      FPANET_MPIRUN, more, ranks);
}

/// Whether this build has ranks; says so if not.
bool has_ranks() {
  const bool found = std::string(FPANET_MPIRUN) != "";
  if (!found) MESSAGE("skipped: this build has no MPI");
  return found;
}

Outcome ranked(const ScratchFolder& work, int ranks, const std::string& program,
               const std::string& arguments) {
  return run_program(work, program, arguments, mpirun(ranks));
}

/// The losses in steps.csv.
std::vector<double> losses_of(const fs::path& run) {
  std::istringstream lines(contents(run / "steps.csv"));
  std::vector<double> losses;
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string cell;
    for (int column = 0; column < 3; ++column) std::getline(cells, cell, ',');
    losses.push_back(std::stod(cell));
  }
  return losses;
}

void check_losses(const fs::path& expected, const fs::path& actual, double tolerance) {
  const std::vector<double> a = losses_of(expected), b = losses_of(actual);
  REQUIRE(a.size() == b.size());
  REQUIRE(a.size() == 3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(a[i] - b[i]) < tolerance);
  }
}

/// The lines of metrics.csv, without the columns that measure time.
std::vector<double> numbers_of(const fs::path& run) {
  std::string text = timeless(contents(run / "metrics.csv"));
  text.erase(0, text.find('\n') + 1);
  for (char& c : text) c = c == ',' || c == '\n' ? ' ' : c;
  std::istringstream in(text);
  std::vector<double> numbers;
  for (double number = 0; in >> number;) numbers.push_back(number);
  return numbers;
}

/// A run of one process.
const fs::path& one_process() {
  static const ScratchFolder work;
  static const fs::path run = [] {
    const fs::path folder = work / "one";
    REQUIRE(
        run_program(work, "train", kShared + "--epochs 1 --quiet --run " + folder.string()).code ==
        0);
    return folder;
  }();
  return run;
}

}  // namespace

TEST_CASE("ranks: one is the run of one process, byte for byte; two and three have its numbers") {
  if (!has_ranks()) return;
  const ScratchFolder work;
  const auto train = [&](int ranks, const std::string& name) {
    const Outcome outcome =
        ranked(work, ranks, "train", kShared + "--epochs 1 --run " + (work / name).string());
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome;
  };
  train(1, "single");
  check_same_run(one_process(), work / "single");
  const Outcome two = train(2, "two");
  // Rank 0 alone prints.
  CHECK(two.out.find("best epoch") == two.out.rfind("best epoch"));
  CHECK(two.err.find("2 ranks share each batch") == two.err.rfind("2 ranks share each batch"));
  CHECK(two.err.find("epoch 1/1: train loss") == two.err.rfind("epoch 1/1: train loss"));
  train(2, "again");
  check_same_run(work / "two", work / "again");
  train(3, "three");
  for (const std::string name : {"two", "three"}) {
    check_losses(one_process(), work / name, 1e-11);
    const std::vector<double> a = numbers_of(one_process()), b = numbers_of(work / name);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) < 1e-9);
    CHECK(fs::exists(work / name / "report.html"));
  }

  const auto evaluated = [&](int ranks) {
    const std::string json = (work / "eval.json").string();
    const std::string arguments = "--checkpoint " + one_process().string() +
                                  " --data synthetic:14 --split all --batch-size 4 --precision "
                                  "fp64 --threads 1 --quiet --json " +
                                  json;
    const Outcome outcome =
        ranks == 0 ? run_program(work, "eval", arguments) : ranked(work, ranks, "eval", arguments);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return nlohmann::json::parse(contents(json));
  };
  const nlohmann::json whole = evaluated(0);
  for (const int ranks : {2, 3}) {
    const nlohmann::json shared = evaluated(ranks);
    CHECK(shared["images"] == 14);
    CHECK(shared["confusion"] == whole["confusion"]);
    CHECK(shared["f1"] == whole["f1"]);
    CHECK(std::abs(shared["loss"].get<double>() - whole["loss"].get<double>()) < 1e-12);
  }
}

TEST_CASE("ranks: torchrun's variables connect them by TCP; they write what mpirun's do") {
  const ScratchFolder work;
  const auto start = [&](int rank, int port) {
    return fmt::format(
        "RANK={} WORLD_SIZE=2 LOCAL_RANK={} MASTER_ADDR=localhost MASTER_PORT={} exec ", rank, rank,
        port);
  };
  const auto arguments = [&](const std::string& more, int rank) {
    return fmt::format("{}{} 2> {}", kShared, more, (work / fmt::format("err{}", rank)).string());
  };
  {
    const std::string more = "--epochs 1 --quiet --run " + (work / "tcp").string();
    const int port = Socket::listen_at(0).port();
    Child second("train", arguments(more, 1), start(1, port));
    Child first("train", arguments(more, 0), start(0, port));
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
  }
  CHECK(contents(work / "err0").empty());
  CHECK(contents(work / "err1").empty());
  check_losses(one_process(), work / "tcp", 1e-11);
  if (has_ranks()) {
    REQUIRE(
        ranked(work, 2, "train", kShared + "--epochs 1 --quiet --run " + (work / "mpi").string())
            .code == 0);
    check_same_run(work / "mpi", work / "tcp");
  }

  // The end of one is the end of the other.
  const fs::path run = work / "endless";
  const std::string more = "--epochs 100000 --quiet --run " + run.string();
  const int port = Socket::listen_at(0).port();
  Child second("train", arguments(more, 1), start(1, port));
  Child first("train", arguments(more, 0), start(0, port));
  wait_for_steps(run, 1);
  second.send(SIGKILL);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(first.wait() == 1);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
  CHECK(contents(work / "err0").find("rank 1 has ended") != std::string::npos);
}

TEST_CASE("ranks: --sync off has the mean of the parts' losses, and the weights of all are equal") {
  if (!has_ranks()) return;
  const ScratchFolder work;
  const std::string flags = "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                            "--batch-size 4 --seed 7 --threads 1 "
                            "--quiet --epochs 1 --sync off --loss 0.5*dice+lovasz --run ";
  REQUIRE(ranked(work, 2, "train", flags + (work / "a").string()).code == 0);
  REQUIRE(ranked(work, 2, "train", flags + (work / "b").string()).code == 0);
  check_same_run(work / "a", work / "b");
  CHECK(contents(work / "a/config.toml").find("sync = false") != std::string::npos);
  REQUIRE(run_program(work, "train", flags + (work / "one").string()).code == 0);
  CHECK(losses_of(work / "a")[0] != losses_of(work / "one")[0]);
}

TEST_CASE("ranks: what they cannot do together is refused by rank 0, and nothing is written") {
  if (!has_ranks()) return;
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const auto check = [&](int ranks, const std::string& arguments, const std::string& message) {
    const Outcome outcome = ranked(work, ranks, "train", arguments + "--run " + run);
    CAPTURE(arguments);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find(message) != std::string::npos);
    CHECK(outcome.err.find(message) == outcome.err.rfind(message));
    CHECK_FALSE(fs::exists(run));
  };
  const std::string fpanet = FPANET_PROGRAMS + std::string("/fpanet_train ");
  check(3, "--data synthetic:14 --batch-size 2 ",
        "--batch-size 2: 3 ranks share each batch: expected at least 3");
  check(2, "--data synthetic:14 --loss lovasz ", "lovasz is no function of sums over a batch");
  check(2, "--data synthetic:14 --batch-size 5 --sync off ", "expected a multiple of 2");
  check(2, "--data synthetic:14 --device cpu --reduce bf16 ",
        "--reduce bf16: ranks on CPUs exchange gradients as they are: expected fp32");
  check(1, kShared + "--run " + run + " : -n 1 " + fpanet + kShared + "--lr 0.5 ",
        "rank 1: the settings of the ranks differ: rank 1 has lr = 0.5, but rank 0 has 0.0001");
}

TEST_CASE("ranks: those whose scenes differ say which, and nothing is written") {
  if (!has_ranks()) return;
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const std::string fpanet = FPANET_PROGRAMS + std::string("/fpanet_train ");
  // The data of the second rank have another mask.
  const auto scenes = [&](const std::string& name, int seed) {
    const std::string folder = (work / name).string();
    REQUIRE(run_program(work, "tool",
                        fmt::format("synth --out {} --count 14 --size 64 --seed {}", folder, seed))
                .code == 0);
  };
  scenes("a", 1);
  scenes("b", 2);
  fs::create_directory(work / "here");
  fs::create_directory(work / "there");
  fs::copy(work / "a", work / "here/data", fs::copy_options::recursive);
  fs::copy(work / "a", work / "there/data", fs::copy_options::recursive);
  fs::copy_file(work / "b/0003_mask.png", work / "there/data/0003_mask.png",
                fs::copy_options::overwrite_existing);
  const std::string in_folder = "--data data --split all.csv --image-size 64 " + kSmallNetwork +
                                "--batch-size 4 --cache off ";
  for (const char* folder : {"here", "there"}) {
    std::ofstream split(work / folder / "all.csv");
    split << "id,split\n";
    for (int i = 0; i < 14; ++i)
      split << fmt::format("{:04}", i) << (i < 8 ? ",train\n" : ",val\n");
  }
  const Outcome outcome = run_program(work, "train",
                                      in_folder + "--run " + run + " : -n 1 --wdir " +
                                          (work / "there").string() + " " + fpanet + in_folder,
                                      mpirun(1, "--wdir " + (work / "here").string()));
  CAPTURE(outcome.err);
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("the scenes of the ranks differ: rank 1 has training scene 0003 = ") !=
        std::string::npos);
  CHECK_FALSE(fs::exists(run));
}

TEST_CASE("ranks: an interrupt of one saves on rank 0 and ends all; another number goes on") {
  if (!has_ranks()) return;
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  {
    // mpirun answers SIGINT by SIGTERM to all ranks, and ends with 1 whatever they end with.
    Child child(
        "train",
        kShared + "--epochs 300 --quiet --run " + run + " 2> " + (work / "err.txt").string(),
        mpirun(2, "--mca odls_base_sigkill_timeout 10"));
    wait_for_steps(run, 2);
    child.send(SIGINT);
    CHECK(child.wait() != 0);
  }
  const std::string said = contents(work / "err.txt");
  CAPTURE(said);
  CHECK(said.find("interrupted: saving") != std::string::npos);
  CHECK(said.find("interrupted: saving") == said.rfind("interrupted: saving"));
  REQUIRE(fs::exists(work / "run/checkpoints/last.safetensors"));
  const std::size_t before = losses_of(run).size();
  const std::string more = fmt::format("--quiet --epochs {} --resume {}", before / 3 + 2, run);
  const Outcome resumed = ranked(work, 3, "train", more);
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  CHECK(losses_of(run).size() == 3 * (before / 3 + 2));
}

namespace {

/// Kills random ranks at random moments, every second time of a run that has begun. Each time the others must end within
/// half a minute, and the run goes on with another number of ranks. Returns the longest time until all have ended.
double kill_ranks(int kills) {
  using Clock = std::chrono::steady_clock;
  const ScratchFolder work;
  const fs::path run = work / "run";
  const std::string first =
      kShared + "--epochs 100000 --quiet --save-every 0.00001 --run " + run.string();
  std::mt19937 random(60);
  double longest = 0;
  for (int kill = 0; kill < kills; ++kill) {
    const int ranks = 2 + kill % 2;
    const bool begun = fs::exists(run / "config.toml");
    const fs::path pids = work / "pids";
    fs::remove(pids);
    // Each rank writes its process id before it becomes the program.
    const std::string program = FPANET_PROGRAMS + std::string("/fpanet_train ");
    const std::string start = mpirun(ranks) + "sh -c 'echo $OMPI_COMM_WORLD_RANK $$ >> " +
                              pids.string() + "; exec " + program +
                              (begun ? "--quiet --resume " + run.string() : first) + "' 2> " +
                              (work / "err.txt").string() + " #";
    Child child("train", "", start);
    for (int i = 0; i < 3000 && lines_in(pids) < ranks; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    REQUIRE(lines_in(pids) == ranks);
    std::map<int, pid_t> of_rank;
    std::istringstream lines(contents(pids));
    for (int rank = 0, pid = 0; lines >> rank >> pid;) of_rank[rank] = pid;
    for (int i = 0; i < 6000 && kill % 2 == 0 && !fs::exists(run / "config.toml"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::uniform_real_distribution<double>(0, 3)(random)));
    const int victim = static_cast<int>(random() % static_cast<unsigned>(ranks));
    ::kill(of_rank.at(victim), SIGKILL);
    const Clock::time_point begin = Clock::now();
    CHECK(child.wait() != 0);
    for (const auto& [rank, pid] : of_rank) {
      while (::kill(pid, 0) == 0 && Clock::now() - begin < std::chrono::seconds(40)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    longest = std::max(longest, seconds);
    const std::string said = contents(work / "err.txt");
    CAPTURE(said);
    CAPTURE(kill);
    CHECK(seconds < 30);
    CHECK(said.find(fmt::format("process rank {} ", victim)) != std::string::npos);
  }
  REQUIRE(fs::exists(run / "config.toml"));
  const std::size_t epochs = losses_of(run).size() / 3 + 2;
  const Outcome end = ranked(work, 2, "train",
                             fmt::format("--quiet --epochs {} --resume {}", epochs, run.string()));
  CAPTURE(end.err);
  CHECK(end.code == 0);
  return longest;
}

}  // namespace

TEST_CASE("ranks: a rank that is killed ends the others, which say which; the run goes on") {
  if (!has_ranks()) return;
  kill_ranks(2);
}

TEST_SUITE("long") {
  TEST_CASE("ranks: sixty kills of random ranks at random moments") {
    if (!has_ranks()) return;
    MESSAGE("60 kills: all ranks had ended after at most " << kill_ranks(60) << " s");
  }
}
