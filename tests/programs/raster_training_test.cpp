// Training and evaluation on rasters, through the programs.

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/training/checkpoint.hpp"
#include "data/csv.hpp"
#include "tests/programs/rasters.hpp"
#include "tests/programs/same_run.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

const std::string kTinyNet =
    " --image-size 64 " + kSmallNetwork + "--batch-size 4 --lr 2e-3 --threads 2 --quiet ";

/// Five scenes of 160x224: three to train on, one to validate, one to test; and a model of them.
struct TrainedOnRasters {
  ScratchFolder work;
  fs::path scenes = work / "scenes", list = work / "scenes/list.csv", run = work / "run";

  TrainedOnRasters() {
    check_done(run_program(
        work, "tool",
        "synth --geotiff --out " + scenes.string() + " --count 5 --size 160x224 --seed 3"));
    std::ofstream(list) << "image,mask,split\n"
                           "0000_sat.tif,0000_mask.tif,train\n0001_sat.tif,0001_mask.tif,train\n"
                           "0002_sat.tif,0002_mask.tif,train\n0003_sat.tif,0003_mask.tif,val\n"
                           "0004_sat.tif,0004_mask.tif,test\n";
    check_done(train(run, "--epochs 8"));
  }
  Outcome train(const fs::path& to, const std::string& flags) const {
    return run_program(
        work, "train",
        "--data " + list.string() + " --sample crop --run " + to.string() + kTinyNet + flags);
  }

  static const TrainedOnRasters& get() {
    static const TrainedOnRasters trained;
    return trained;
  }
};

nlohmann::json evaluated(const TrainedOnRasters& trained, const std::string& flags) {
  const fs::path json = trained.work / "numbers.json";
  check_done(run_program(trained.work, "eval",
                         "--checkpoint " + trained.run.string() + " --data " +
                             trained.list.string() + " --threads 2 --quiet --json " +
                             json.string() + " " + flags));
  return nlohmann::json::parse(contents(json));
}

}  // namespace

TEST_CASE("a checkpoint records what the rasters are, and split.csv the rasters") {
  if (!has_gdal()) return;
  const TrainedOnRasters& trained = TrainedOnRasters::get();
  const ModelFile model = open_model(trained.run / "checkpoints/best.safetensors", {});
  REQUIRE(model.info.pixel_size.has_value());
  CHECK(*model.info.pixel_size == doctest::Approx(0.5).epsilon(0.01));
  CHECK(model.info.classes == ClassTable::deepglobe());
  CHECK(model.info.image_size == ImageSize{64, 64});
  CHECK(contents(trained.run / "split.csv") ==
        "id,split\n0000,train\n0001,train\n0002,train\n0003,val\n0004,test\n");
}

TEST_CASE("round trip: areas of a map are those of the labels, as far as the model is right") {
  if (!has_gdal()) return;
  const TrainedOnRasters& trained = TrainedOnRasters::get();
  const nlohmann::json numbers = evaluated(trained, "--split test");
  CHECK(numbers.at("images") == 1);  // a scene, not its windows
  const double accuracy = numbers.at("pixel_accuracy");
  CHECK(accuracy > 0.2);
  Index counted = 0;
  std::vector<double> labels;
  for (const auto& row : numbers.at("per_class")) {
    labels.push_back(row.at("pixels"));
    counted += row.at("pixels").get<Index>();
  }
  CHECK(counted == 160 * 224);  // every pixel once
  const fs::path areas = trained.work / "areas.csv";
  check_done(run_program(trained.work, "predict",
                         "--checkpoint " + trained.run.string() + " --image " +
                             (trained.scenes / "0004_sat.tif").string() + " --out " +
                             (trained.work / "maps").string() + " --quiet --threads 2 --areas " +
                             areas.string()));
  const auto rows = read_csv(areas, {"class", "pixels"});
  REQUIRE(rows.size() >= labels.size());
  for (std::size_t c = 0; c < labels.size(); ++c) {
    CAPTURE(rows[c].cells[0]);
    const double pixels = std::stod(rows[c].cells[1]);
    // Windows overlap in a map and not in the evaluation, which differs by little.
    CHECK(std::abs(pixels - labels[c]) <= (1 - accuracy + 0.05) * 160 * 224);
  }
}

TEST_CASE("a run on rasters that is resumed ends with the bits of one that was never stopped") {
  if (!has_gdal()) return;
  const TrainedOnRasters& trained = TrainedOnRasters::get();
  const fs::path whole = trained.work / "whole", parts = trained.work / "parts";
  check_done(trained.train(whole, "--epochs 2"));
  check_done(trained.train(parts, "--epochs 1"));
  check_done(
      run_program(trained.work, "train", "--resume " + parts.string() + " --epochs 2 --quiet"));
  check_same_run(whole, parts);
}

TEST_CASE("rasters of more bits and bands: percentiles of sampled windows, without nodata") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  const std::string scenes = (work / "scenes").string();
  check_done(
      run_program(work, "tool",
                  "synth --geotiff --bands 4 --type u16 --out " + scenes + " --count 4 --size 96"));
  const Outcome trained =
      run_program(work, "train",
                  "--data " + scenes + " --bands 4 --epochs 1 --run " + (work / "run").string() +
                      " --image-size 64 " + kSmallNetwork + "--batch-size 4 --threads 2");
  check_done(trained);
  CHECK(says(trained, "4 rasters in 16 windows of 64x64, 16 of which hold labels"));
  CHECK(says(trained, "4 scenes: 2 to train, 1 to validate, 1 to test"));
  CHECK(says(trained, "band 4: "));
  check_done(run_program(work, "eval",
                         "--checkpoint " + (work / "run").string() + " --data " + scenes +
                             " --figures " + (work / "figures").string()));
  CHECK(std::distance(fs::directory_iterator(work / "figures"), {}) == 4);
}

TEST_CASE("rasters that do not fit: exit codes and messages of the programs") {
  const ScratchFolder work;
  std::ofstream(work / "list.csv") << "image,mask\na.tif,b.tif\n";
  const auto train = [&](const std::string& flags) {
    return run_program(work, "train",
                       "--data " + (work / "list.csv").string() + " --run " +
                           (work / "run").string() + " " + flags);
  };
  if (!gdal_version()) {
    const Outcome outcome = train("");
    CHECK(outcome.code == 1);
    CHECK(says(outcome, "rasters need GDAL, which this build lacks"));
    return;
  }
  if (!has_gdal()) return;
  Outcome outcome = train("");
  CHECK(outcome.code == 1);
  CHECK(says(outcome, "b.tif: "));
  outcome = train("--image-size native");
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "--image-size native: "));
  write_scene(work / "a.tif", {80, 80});
  write_raster(work / "b.tif", Image(80, 80, 1), {.georeference = utm(0.6)});
  std::ofstream(work / "class_dict.csv") << "name,r,g,b\nland,0,0,0\n";
  outcome = train("");
  CHECK(outcome.code == 1);
  CHECK(says(outcome,
             "the mask does not lie on its image's pixels: it has 80x80 pixels of 0.6 x 0.6"));
  write_raster(work / "b.tif", Image(80, 80, 1), {.georeference = utm(0.5)});
  outcome = train("--bands 4");
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "band 4 is wanted, but the raster has 3"));
  outcome = train("");
  CHECK(outcome.code == 1);
  CHECK(says(outcome, "show 1 pieces of ground"));
  CHECK_FALSE(fs::exists(work / "run"));
}
