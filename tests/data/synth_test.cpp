#include "data/synth.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "data/check_data.hpp"
#include "engine/core/error.hpp"
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

TEST_CASE("synthetic scenes: the fourth band is near infrared, which tells water from plants") {
  std::array<double, 7> sum{}, count{};
  for (Index i = 0; i < 30; ++i) {
    const Scene scene = synthesize(3, i, {64, 64}, {4, DType::u16});
    const Scene plain = synthesize(3, i, {64, 64}, {4, DType::u8});
    CHECK(select_bands(plain.image, {}, "plain") == synthesize(3, i, {64, 64}).image);
    const auto samples = scene.image.samples<std::uint16_t>();
    for (std::size_t p = 0; p < scene.labels.labels.pixels.size(); ++p) {
      const std::uint8_t label = scene.labels.labels.pixels[p];
      sum[label] += samples[4 * p + 3];
      count[label] += 1;
      for (std::size_t c = 0; c < 4; ++c) REQUIRE(samples[4 * p + c] <= 4095);
    }
  }
  const auto infrared = [&](std::size_t label) { return sum[label] / count[label]; };
  constexpr std::size_t kFields = 1, kGrass = 2, kForest = 3, kWater = 4;
  for (const std::size_t plants : {kFields, kGrass, kForest}) {
    CHECK(infrared(plants) > 3 * infrared(kWater));
  }
}

TEST_CASE("synthetic scenes: of 4 bands and 16 bits they are written as PNG") {
  const ScratchFolder scratch;
  write_synthetic_folder(scratch / "s", 2, {40, 56}, 5, 2, {4, DType::u16});
  DatasetOptions options;
  options.size = {};
  options.bands = Bands::parse("4,1,2,3");
  const Scene loaded = FolderDataset(scratch / "s", options).load(1);
  const Scene scene = synthesize(5, 1, {40, 56}, {4, DType::u16});
  CHECK(loaded.image == select_bands(scene.image, options.bands, "scene"));
  CHECK(loaded.labels.labels == scene.labels.labels);
  CHECK_THROWS_WITH_AS(SyntheticDataset(2, {32, 32}, 1, Bands::first(5)),
                       "the model takes 5 bands, a synthetic scene has 4", TooFewBands);
}

TEST_CASE("synthetic scenes: a folder with files in it stays as it is") {
  const ScratchFolder scratch;
  test::write_text(scratch / "0000_mask.png", "mine");
  CHECK(test::contains(test::message_of<Error>([&] {
                         write_synthetic_folder(scratch.path(), 1, {32, 32}, 5, 1);
                       }),
                       "the folder is not empty"));
  CHECK(std::filesystem::file_size(scratch / "0000_mask.png") == 4);
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
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
