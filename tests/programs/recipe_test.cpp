// The flags that make a run another than the notebook's: each changes what the run leaves, is in
// config.toml, and is kept by a run that is stopped and resumed.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "tests/programs/child.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

struct Row {
  std::string flag;       ///< with its value
  std::string with = {};  ///< flags that it needs
  /// Flags of the run that is compared with it; none: those that it needs.
  std::optional<std::string> against = {};
};

const std::vector<Row> kRows = {
    {"--network unet"},
    {"--encoder resnet34"},
    {"--encoder-depth 4", "--decoder-channels 16,16,8,8", ""},
    {"--decoder-channels 16,8,16"},
    {"--bands 3,2,1"},
    {"--attention none"},
    {"--input image"},
    {"--input both"},
    {"--high-pass 3"},
    {"--loss ce"},
    {"--loss jaccard"},
    {"--loss tversky"},
    {"--loss focal"},
    {"--loss lovasz"},
    {"--loss 0.5*dice+ce"},
    {"--tversky 0.3,0.7,1.33", "--loss tversky"},
    {"--focal-gamma 1.5", "--loss focal"},
    {"--class-weights auto"},
    {"--class-weights 1,2,1,0.5,3,1,0", "--loss ce"},
    {"--ignore agriculture_land"},
    {"--label-smoothing 0.1", "--loss ce"},
    {"--schedule cosine"},
    {"--schedule poly"},
    {"--schedule one-cycle"},
    {"--warmup 3"},
    {"--min-lr 0.0005", "--schedule cosine"},
    {"--encoder-lr 0.1"},
    {"--freeze-encoder 1"},
    {"--ema 0.9"},
    {"--clip-norm 0.01"},
    {"--accumulate 2"},
    {"--augment none"},
    {"--augment strong"},
    {"--sample crop"},
    {"--monitor val/Recall"},
    {"--tensorboard"},
};

/// Every flag of kRows, in runs that have many at once.
const std::vector<std::string> kTogether = {
    "--network unet --encoder resnet34 --loss 0.5*dice+ce --class-weights auto "
    "--label-smoothing 0.1 --schedule cosine --min-lr 0.0005 --warmup 3 --augment none",
    "--attention none --input image --loss ce --class-weights 1,2,1,0.5,3,1,0 --schedule poly "
    "--encoder-lr 0.1 --ema 0.9 --augment strong",
    "--input both --high-pass 3 --loss jaccard --ignore agriculture_land --schedule one-cycle "
    "--freeze-encoder 1 --clip-norm 0.01 --sample crop",
    "--bands 3,2,1 --encoder-depth 4 --decoder-channels 16,16,8,8 --loss tversky "
    "--tversky 0.3,0.7,1.33 --accumulate 2 --monitor val/Recall --tensorboard",
    "--decoder-channels 16,8,16 --loss focal --focal-gamma 1.5 --augment strong --sample crop",
    "--loss lovasz",
};

/// Runs of a small network on small scenes, each made once.
class Runs {
 public:
  Runs() {
    const std::string scenes = (work_ / "scenes").string();
    REQUIRE(run_program(work_, "tool", "synth --out " + scenes + " --count 10 --size 96").code ==
            0);
    std::ofstream split(work_ / "split.csv");
    split << "id,split\n";
    for (int i = 0; i < 10; ++i) split << "000" << i << (i < 8 ? ",train\n" : ",val\n");
    common_ = "--data " + scenes + " --split " + (work_ / "split.csv").string() +
              " --image-size 64 --batch-size 3 --lr 1e-3 --cache off --device cpu "
              "--threads 1 --quiet ";
  }

  /// The folder of a finished run with these flags.
  std::filesystem::path whole(const std::string& flags) {
    const auto known = made_.find(flags);
    if (known != made_.end()) return known->second;
    const std::filesystem::path run = new_folder();
    const Outcome outcome = run_program(work_, "train", arguments(flags, run));
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return made_[flags] = run;
  }

  /// The folder of one that was interrupted and resumed.
  std::filesystem::path in_parts(const std::string& flags) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const std::filesystem::path run = new_folder();
      Child child("train", arguments(flags, run) + " 2> /dev/null");
      wait_for_steps(run, 1);
      child.send(SIGINT);
      const int code = child.wait();
      if (code == 0) continue;  // finished before the signal came
      REQUIRE(code == 130);
      REQUIRE(run_program(work_, "train", "--quiet --resume " + run.string()).code == 0);
      return run;
    }
    FAIL("no run could be interrupted");
    return {};
  }

 private:
  std::filesystem::path new_folder() { return work_ / ("run" + std::to_string(count_++)); }
  std::string arguments(const std::string& flags, const std::filesystem::path& run) const {
    const auto standard = [&](const std::string& name, const std::string& value) {
      return flags.find(name) == std::string::npos ? name + " " + value + " " : std::string();
    };
    return common_ + standard("--encoder ", "resnet18") + standard("--encoder-depth", "3") +
           standard("--decoder-channels", "16,8,8") + flags + " --run " + run.string();
  }

  ScratchFolder work_;
  std::string common_;
  std::map<std::string, std::filesystem::path> made_;
  int count_ = 0;
};

/// What config.toml says of `name`.
std::string setting(const std::filesystem::path& run, const std::string& name) {
  std::istringstream config(contents(run / "config.toml"));
  for (std::string line; std::getline(config, line);) {
    if (line.starts_with(name + " = ")) return line;
  }
  return {};
}

/// Everything that a run leaves except its settings, the times in metrics.csv and the report.
std::string results(const std::filesystem::path& run) {
  std::string all = timeless(contents(run / "metrics.csv"));
  for (const char* file :
       {"steps.csv", "checkpoints/last.safetensors", "checkpoints/best.safetensors",
        "checkpoints/training_state.safetensors"}) {
    all += contents(run / file);
  }
  return all + (std::filesystem::exists(run / "tensorboard") ? "tensorboard" : "");
}

}  // namespace

TEST_CASE("every flag of the recipe changes the run and is in config.toml") {
  Runs runs;
  for (const Row& row : kRows) {
    CAPTURE(row.flag);
    const std::filesystem::path whole = runs.whole("--epochs 1 " + row.with + " " + row.flag);
    const std::filesystem::path without =
        runs.whole("--epochs 1 " + row.against.value_or(row.with));
    CHECK(results(whole) != results(without));

    const std::size_t space = row.flag.find(' ');
    const std::string name = row.flag.substr(2, space - 2);
    const std::string line = setting(whole, name);
    CHECK(!line.empty());
    CHECK(line != setting(without, name));
    const std::string value = space == row.flag.npos ? "true" : row.flag.substr(space + 1);
    CHECK(line.find(value) != std::string::npos);
  }
}

TEST_CASE(
    "every flag of the recipe is kept by a run that is interrupted and resumed, bit for bit") {
  for (const Row& row : kRows) {
    CAPTURE(row.flag);
    CHECK(std::ranges::any_of(kTogether, [&](const std::string& flags) {
      return (flags + " ").find(row.flag + " ") != std::string::npos;
    }));
  }
  Runs runs;
  for (const std::string& together : kTogether) {
    CAPTURE(together);
    const std::string flags = "--epochs 2 " + together;
    const std::filesystem::path whole = runs.whole(flags), parts = runs.in_parts(flags);
    check_same_run(whole, parts);
    CHECK(contents(whole / "config.toml") == contents(parts / "config.toml"));
  }
}
