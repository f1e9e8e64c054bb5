// What --mask-policy makes of mask colours that no class has, as fpanet_train and fpanet_eval show.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

constexpr Index kScenes = 4;
constexpr Index kSide = 64;
constexpr std::int64_t kPixels = kSide * kSide;
constexpr std::int64_t kStray = 10 * kSide;  // the rows that `spoil` paints

/// Rows of a blue that is darker than the class "water", in the first mask.
void spoil(const fs::path& mask) {
  Image image = read_image(mask);
  for (Index y = 0; y < 10; ++y) {
    for (Index x = 0; x < kSide; ++x) {
      std::copy_n(std::array<std::uint8_t, 3>{0, 0, 200}.data(), 3, image.at(y, x));
    }
  }
  write_png(mask, image);
}

struct Fixture {
  Fixture() {
    const std::string flags = fmt::format(" --count {} --size {}", kScenes, kSide);
    REQUIRE(run_program(work, "tool", "synth --out " + data + flags).code == 0);
    std::ofstream(split) << "id,split\n0000,train\n0001,train\n0002,val\n0003,test\n";
    REQUIRE(train("", run).code == 0);
  }

  Outcome train(const std::string& more, const std::string& into) const {
    return run_program(
        work, "train",
        fmt::format("--data {} --image-size {} {} --epochs 1 --batch-size 2 --cache off --quiet "
                    "--split {} --run {} {}",
                    data, kSide, kSmallNetwork, split, into, more));
  }
  Outcome eval(const std::string& more) const {
    return run_program(work, "eval",
                       "--checkpoint " + run + " --data " + data +
                           " --split all --cache off --json " + json + " " + more);
  }
  /// How many pixels fpanet_eval counts of each class.
  std::vector<std::int64_t> pixels(const std::string& more) const {
    const Outcome outcome = eval(more);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const nlohmann::json evaluation = nlohmann::json::parse(contents(json));
    std::vector<std::int64_t> counts;
    for (const auto& line : evaluation.at("per_class")) counts.push_back(line.at("pixels"));
    return counts;
  }

  ScratchFolder work;
  std::string data = (work / "data").string(), run = (work / "run").string(),
              json = (work / "eval.json").string(), split = (work / "split.csv").string();
};

std::int64_t sum(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "--mask-policy decides what stray mask colours count as") {
  spoil(work / "data/0000_mask.png");
  const std::vector<std::int64_t> ignored = pixels("");
  CHECK(sum(ignored) == kScenes * kPixels - kStray);
  CHECK(pixels("--mask-policy ignore --protocol notebook") == ignored);

  std::vector<std::int64_t> as_first = ignored, as_water = ignored;
  as_first[0] += kStray;
  as_water[4] += kStray;
  CHECK(pixels("--mask-policy class-zero") == as_first);
  CHECK(pixels("--protocol notebook") == as_first);
  CHECK(pixels("--mask-policy nearest") == as_water);
  CHECK(pixels("--mask-policy threshold128") == as_water);

  const std::string refused = "0000_mask.png: the mask holds the colour 0,0,200";
  for (const Outcome& outcome :
       {eval("--mask-policy error"), train("--mask-policy error", (work / "other").string())}) {
    CHECK(outcome.code == 1);
    CHECK(outcome.err.find(refused) != std::string::npos);
  }
  CHECK_FALSE(fs::exists(work / "other"));
  const Outcome nearest = train("--mask-policy nearest", (work / "nearest").string());
  CHECK(nearest.code == 0);
  CHECK(nearest.err.find("taken as the class of the nearest colour") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "pixels to ignore in index masks are left out under both protocols") {
  for (Index i = 0; i < kScenes; ++i) {
    const fs::path mask = work / fmt::format("data/{:04}_mask.png", i);
    Image labels =
        labels_from_mask(read_image(mask), ClassTable::deepglobe(), MaskPolicy::error).labels;
    std::fill_n(labels.row(0), kSide, kIgnoreByte);
    write_png(mask, labels);
  }
  for (const char* protocol : {"clean", "notebook"}) {
    CAPTURE(protocol);
    const std::string flags = std::string("--batch-size 4 --protocol ") + protocol;
    CHECK(sum(pixels(flags)) == kScenes * (kPixels - kSide));
    // Were they counted, each would make its image's precision smaller.
    const nlohmann::json evaluation = nlohmann::json::parse(contents(json));
    CHECK(evaluation.at("precision").get<double>() ==
          doctest::Approx(evaluation.at("pixel_accuracy").get<double>()).epsilon(1e-5));
  }
}
