// --tta: a turned picture gives the turned map, and the numbers of an evaluation are those of the mean.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "data/image_file.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

constexpr Index kHeight = 40, kWidth = 72;  // no multiples of the network's stride

/// The picture after a quarter turn to the right.
Image turned(const Image& image) {
  Image y(image.width, image.height, image.channels);
  for (Index row = 0; row < y.height; ++row) {
    for (Index column = 0; column < y.width; ++column) {
      std::copy_n(image.at(image.height - 1 - column, row), image.channels, y.at(row, column));
    }
  }
  return y;
}

Image pattern() {
  Image image(kHeight, kWidth, 3);
  for (Index y = 0; y < kHeight; ++y) {
    for (Index x = 0; x < kWidth; ++x) {
      for (Index c = 0; c < 3; ++c) {
        image.at(y, x)[c] = static_cast<std::uint8_t>((x * x * (c + 1) + 7 * y * x + 31 * y) % 256);
      }
    }
  }
  return image;
}

/// The float32 numbers of a .npy file, which come last.
std::vector<float> floats_of(const std::filesystem::path& file, std::size_t count) {
  const std::string bytes = contents(file);
  std::vector<float> values(count);
  REQUIRE(bytes.size() > count * sizeof(float));
  std::memcpy(values.data(), bytes.data() + bytes.size() - count * sizeof(float),
              count * sizeof(float));
  return values;
}

/// The largest difference between a map (classes,H,W) and that of the turned picture, turned back.
double difference(const std::vector<float>& map, const std::vector<float>& of_turned) {
  double worst = 0;
  constexpr Index kPlane = kHeight * kWidth;
  for (Index k = 0; k < 7; ++k) {
    for (Index y = 0; y < kHeight; ++y) {
      for (Index x = 0; x < kWidth; ++x) {
        const Index there = k * kPlane + x * kHeight + (kHeight - 1 - y);
        const double apart = map[static_cast<std::size_t>(k * kPlane + y * kWidth + x)] -
                             of_turned[static_cast<std::size_t>(there)];
        worst = std::max(worst, std::abs(apart));
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("--tta averages over flips and quarter turns") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  REQUIRE(run_program(work, "train",
                      "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                          "--epochs 1 "
                          "--batch-size 4 --quiet --run " +
                          run)
              .code == 0);
  std::filesystem::create_directory(work / "pictures");
  write_png(work / "pictures/a.png", pattern());
  write_png(work / "pictures/b.png", turned(pattern()));
  const auto predicted = [&](const std::string& tta) {
    const std::string out = (work / tta).string();
    REQUIRE(run_program(work, "predict",
                        "--checkpoint " + run + " --image " + (work / "pictures").string() +
                            " --probabilities --quiet --tta " + tta + " --out " + out)
                .code == 0);
    constexpr std::size_t kCount = 7 * kHeight * kWidth;
    return std::pair(floats_of(work / (tta + "/a_probs.npy"), kCount),
                     floats_of(work / (tta + "/b_probs.npy"), kCount));
  };
  const auto [plain, plain_turned] = predicted("none");
  const auto [flips, flips_turned] = predicted("flips");
  const auto [d4, d4_turned] = predicted("d4");
  // The net itself does not care about symmetry; the mean over all eight does not see a turn.
  CHECK(difference(plain, plain_turned) > 1e-3);
  CHECK(difference(flips, flips_turned) > 1e-3);
  CHECK(difference(d4, d4_turned) < 1e-6);
  CHECK(flips != plain);
  CHECK(d4 != flips);

  const auto evaluated = [&](const std::string& tta) {
    const std::string json = (work / (tta + ".json")).string();
    const Outcome outcome = run_program(work, "eval",
                                        "--checkpoint " + run +
                                            " --data synthetic:14 --split all --image-size 64x96 "
                                            "--quiet --tta " +
                                            tta + " --json " + json);
    REQUIRE(outcome.code == 0);
    CHECK((outcome.out.find("averaged over " + tta) != std::string::npos) == (tta != "none"));
    return nlohmann::json::parse(contents(json));
  };
  const auto once = evaluated("none"), mean = evaluated("d4");
  CHECK(once["loss"] != mean["loss"]);
  CHECK(once["confusion"] != mean["confusion"]);
  CHECK(once["images"] == mean["images"]);
  CHECK(evaluated("flips")["loss"] != mean["loss"]);

  const Outcome refused =
      run_program(work, "eval", "--checkpoint " + run + " --data synthetic:14 --tta eight");
  CHECK(refused.code == 2);
  CHECK(says(refused, "none, flips, d4"));
}
