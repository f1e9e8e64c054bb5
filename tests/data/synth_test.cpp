#include "data/synth.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "data/check_data.hpp"
#include "engine/core/rng.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

namespace {

std::uint64_t fingerprint(const Image& image) {
  return hash_name({reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()});
}

}  // namespace

TEST_CASE("synthetic scenes: a function of seed, number and size") {
  const Scene scene = synthesize(7, 3, {48, 64});
  CHECK(scene.image.size_str() == "48x64");
  CHECK(scene.labels.labels.size_str() == "48x64");
  CHECK(synthesize(7, 3, {48, 64}).image == scene.image);
  CHECK_FALSE(synthesize(7, 4, {48, 64}).image == scene.image);
  CHECK_FALSE(synthesize(8, 3, {48, 64}).image == scene.image);
}

TEST_CASE("synthetic scenes: the same bytes on every machine") {
  const Scene scene = synthesize(1, 0, {96, 96});
  CHECK(fingerprint(scene.image) == 3925931444085881799u);
  CHECK(fingerprint(scene.labels.labels) == 1071594351400653564u);
}

TEST_CASE("synthetic scenes: every class occurs, land in believable shares") {
  constexpr Index kScenes = 60, kSide = 96;
  std::array<double, 7> share{};
  for (Index i = 0; i < kScenes; ++i) {
    const Scene scene = synthesize(42, i, {kSide, kSide});
    for (const std::uint8_t label : scene.labels.labels.pixels) {
      REQUIRE(label < 7);
      share[label] += 1.0 / (kScenes * kSide * kSide);
    }
  }
  const std::array<double, 7> least{0.08, 0.25, 0.05, 0.08, 0.04, 0.04, 0.0001};
  const std::array<double, 7> most{0.30, 0.55, 0.25, 0.30, 0.20, 0.20, 0.03};
  for (std::size_t i = 0; i < share.size(); ++i) {
    CAPTURE(i);
    CHECK(share[i] > least[i]);
    CHECK(share[i] < most[i]);
  }
}

TEST_CASE("synthetic scenes: texture alone tells smooth from rough ground") {
  // Mean absolute difference of neighbours within a class, which no low frequency changes.
  std::array<double, 7> sum{}, count{};
  for (Index i = 0; i < 40; ++i) {
    const Scene scene = synthesize(3, i, {96, 96});
    for (Index y = 0; y < 96; ++y) {
      for (Index x = 1; x < 96; ++x) {
        const std::uint8_t label = *scene.labels.labels.at(y, x);
        if (label != *scene.labels.labels.at(y, x - 1)) continue;
        sum[label] += std::abs(scene.image.at(y, x)[1] - scene.image.at(y, x - 1)[1]);
        count[label] += 1;
      }
    }
  }
  const auto roughness = [&](std::size_t label) { return sum[label] / count[label]; };
  constexpr std::size_t kUrban = 0, kFields = 1, kGrass = 2, kForest = 3, kWater = 4, kBarren = 5;
  CHECK(roughness(kWater) < 0.8 * roughness(kGrass));
  CHECK(roughness(kWater) < 0.8 * roughness(kBarren));
  CHECK(roughness(kGrass) < 0.8 * roughness(kFields));
  CHECK(roughness(kGrass) < 0.8 * roughness(kForest));
  CHECK(roughness(kFields) < roughness(kUrban));
}

TEST_CASE("synthetic scenes: written as a folder in DeepGlobe's layout") {
  const ScratchFolder scratch;
  write_synthetic_folder(scratch / "s", 3, {40, 56}, 5, 2);
  const DataReport report = check_data(scratch / "s", 1);
  CHECK(report.usable());
  CHECK(report.sizes.at("40x56") == 3);
  CHECK(report.stray.empty());
  const Scene scene = synthesize(5, 2, {40, 56});
  DatasetOptions options;
  options.size = {};
  const FolderDataset folder(scratch / "s", options);
  CHECK(folder.id(2) == "0002");
  CHECK(folder.load(2).labels.labels == scene.labels.labels);
}

}  // namespace fpanet
