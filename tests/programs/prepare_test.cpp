// Miniatures of public data sets in their official layouts: from the unpacked archive to an evaluated model.

#include <nlohmann/json.hpp>

#include "data/image_file.hpp"
#include "data/prepare/prepare.hpp"
#include "tests/programs/rasters.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

/// fpanet_tool prepare, check-data, fpanet_train for an epoch and fpanet_eval.
struct Miniature {
  ScratchFolder work;
  fs::path source = work / "archive", out = work / "ready";

  Outcome prepare(const std::string& dataset) const {
    return run_program(work, "tool",
                       "prepare --dataset " + dataset + " " + source.string() + " " + out.string());
  }
  Outcome check_data(const fs::path& data) const {
    return run_program(work, "tool", "check-data " + data.string());
  }
  /// The evaluation of a model trained for an epoch.
  nlohmann::json evaluated(const fs::path& data,
                           const std::string& flags = "--image-size 32") const {
    const std::string run = (work / "run").string(), json = (work / "numbers.json").string();
    check_done(run_program(work, "train",
                           "--data " + data.string() + " --run " + run + " " + kSmallNetwork +
                               "--batch-size 2 --epochs 1 --cache off --quiet --threads 2 " +
                               flags));
    check_done(run_program(work, "eval",
                           "--checkpoint " + run + " --data " + data.string() +
                               " --cache off --quiet --threads 2 --json " + json));
    return nlohmann::json::parse(contents(json));
  }
};

void write_file(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

/// Squares of two classes.
Image checked(Index height, Index width, std::uint8_t first, std::uint8_t second) {
  Image labels(height, width, 1);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x)
      *labels.at(y, x) = (y / 16 + x / 16) % 2 == 0 ? first : second;
  }
  return labels;
}

}  // namespace

TEST_CASE("class tables are shipped as files") {
  for (const PublicDataset& dataset : public_datasets()) {
    CAPTURE(dataset.name);
    CHECK(ClassTable::read(fs::path(FPANET_TEST_DATA) / "../../data/classes" /
                           (std::string(dataset.name) + ".csv")) == dataset.classes);
  }
}

TEST_CASE("DeepGlobe: images of valid and test without masks are left aside and counted") {
  const Miniature mini;
  std::string table = "image_id,split,sat_image_path,mask_path\n";
  for (int i = 0; i < 6; ++i) {
    const std::string id = std::to_string(100 + i);
    const std::string part = i < 4 ? "train" : i == 4 ? "valid" : "test";
    const Scene scene = synthesize(5, i, {48, 48});
    const std::string image = part + "/" + id + "_sat.jpg", mask = part + "/" + id + "_mask.png";
    write_file(mini.source / image, "");
    write_jpeg(mini.source / image, scene.image, 95);
    if (part == "train")
      write_png(mini.source / mask,
                colors_from_labels(scene.labels.labels, ClassTable::deepglobe()));
    table += id + "," + part + "," + image + "," + (part == "train" ? mask : "") + "\n";
  }
  write_file(mini.source / "metadata.csv", table);
  const Outcome prepared = mini.prepare("deepglobe");
  check_done(prepared);
  CHECK(contains(prepared.out, "train: 4 images with masks"));
  CHECK(contains(prepared.out, "val: 1 images without masks, which are left aside"));
  CHECK(contains(prepared.out, "test: 1 images without masks"));
  CHECK(fs::exists(mini.out / "100_sat.jpg"));
  CHECK_FALSE(fs::exists(mini.out / "104_sat.jpg"));
  CHECK_FALSE(fs::exists(mini.out / "split.csv"));
  const Outcome checked_data = mini.check_data(mini.out);
  check_done(checked_data);
  CHECK(contains(checked_data.out, "scenes: 4"));
  CHECK(mini.evaluated(mini.out).at("images") == 1);

  const Outcome again = mini.prepare("deepglobe");
  CHECK(again.code == 1);
  CHECK(says(again, "the folder is not empty"));
}

TEST_CASE("DeepGlobe: files that metadata.csv names and that are missing are named") {
  const Miniature mini;
  write_file(mini.source / "metadata.csv",
             "image_id,split,sat_image_path,mask_path\n7,train,train/7_sat.jpg,train/7_mask.png\n");
  const Outcome outcome = mini.prepare("deepglobe");
  CHECK(outcome.code == 1);
  CHECK(says(outcome, "2 files of metadata.csv are missing: train/7_sat.jpg, train/7_mask.png"));
  fs::remove(mini.source / "metadata.csv");
  CHECK(says(mini.prepare("deepglobe"), "metadata.csv: is missing: expected the unpacked archive"));
  const Outcome unknown = mini.prepare("potsdam");
  CHECK(unknown.code == 2);
  CHECK(says(unknown, "--dataset potsdam: expected deepglobe, gid15, landcover.ai"));
}

TEST_CASE(
    "GID-15: colours that are off by one are repaired and counted, others ignored and counted") {
  if (!has_gdal()) return;
  const Miniature mini;
  const ClassTable& classes = find_public_dataset("gid15").classes;
  fs::create_directories(mini.source / "image_RGB");
  fs::create_directories(mini.source / "label_15classes");
  for (int i = 0; i < 4; ++i) {
    const std::string name = "GF2_PMS1__L1A000" + std::to_string(i) + "-MSS1";
    write_raster(mini.source / "image_RGB" / (name + ".tif"), synthesize(6, i, {80, 96}).image, {});
    Image colors = colors_from_labels(checked(80, 96, 1, 13), classes);
    if (i == 1) {
      colors.at(0, 0)[0] = 199;  // 200,0,0
      colors.at(0, 1)[2] = 90;   // 200,0,90: no class
    }
    write_raster(mini.source / "label_15classes" / (name + "_15label.tif"), colors, {});
  }
  write_raster(mini.source / "image_RGB/GF2_unlabelled.tif", Image(80, 96, 3), {});
  const Outcome prepared = mini.prepare("gid15");
  check_done(prepared);
  CHECK(contains(prepared.out, "4 scenes with masks"));
  CHECK(contains(prepared.out, "1 images without masks, which are left aside"));
  CHECK(
      contains(prepared.out,
               "1 mask pixels in 1 scenes had a colour that differs from a class's by 2 at most"));
  CHECK(contains(prepared.out, "1 mask pixels in 1 scenes have a colour that no class has"));
  CHECK(contains(prepared.out, "200,0,90 (1 pixels)"));
  const Outcome report = mini.check_data(mini.out / "list.csv");
  check_done(report);
  CHECK(contains(report.out, "rasters: 4"));
  CHECK(contains(report.out, "industrial_land"));
  CHECK(contains(report.out, "1 mask pixels in 1 scenes have the value 255"));
  const nlohmann::json numbers =
      mini.evaluated(mini.out / "list.csv", "--image-size 32 --sample crop");
  CHECK(numbers.at("images") == 1);
  CHECK(numbers.at("per_class").size() == 16);
}

TEST_CASE(
    "LandCover.ai: the tiles of the official lists are windows, and two pixel sizes become one") {
  if (!has_gdal()) return;
  const Miniature mini;
  fs::create_directories(mini.source / "images");
  fs::create_directories(mini.source / "masks");
  const auto photo = [&](const std::string& name, const ImageSize& size, double metres,
                         double east) {
    const Georeference place{.transform = {east, metres, 0, 500000, 0, -metres},
                             .crs = "EPSG:2180"};
    write_raster(mini.source / "images" / (name + ".tif"), Image(size.height, size.width, 3),
                 {.georeference = place});
    write_raster(mini.source / "masks" / (name + ".tif"), checked(size.height, size.width, 2, 4),
                 {.georeference = place});
  };
  // Tiles are counted with those at the edges, which are not full: 0 and 1 are, 2 is not, 3 is in the second row.
  photo("M-33-20-D-c-4-2", {1100, 1100}, 0.25, 300000);
  photo("N-33-60-D-c-4-2", {520, 600}, 0.5, 400000);
  write_file(mini.source / "train.txt", "M-33-20-D-c-4-2_0\nM-33-20-D-c-4-2_4\r\n");
  write_file(mini.source / "val.txt", "M-33-20-D-c-4-2_1\n");
  write_file(mini.source / "test.txt", "N-33-60-D-c-4-2_0\n");
  const Outcome prepared = mini.prepare("landcover.ai");
  check_done(prepared);
  CHECK(contains(prepared.out, "train: 2 tiles of 512x512"));
  CHECK(contains(prepared.out, "1 orthophotos with pixels of 0.5 m"));
  CHECK(contains(contents(mini.out / "list.csv"),
                 "images/M-33-20-D-c-4-2.tif,masks/"
                 "M-33-20-D-c-4-2.tif,train,M-33-20-D-c-4-2_4,512,512,512,512\n"));
  const Outcome report = mini.check_data(mini.out / "list.csv");
  check_done(report);
  CHECK(contains(report.out, "the list's split: 2 to train, 1 to validate, 1 to test"));
  CHECK(contains(report.out, "usable for training"));
  const nlohmann::json numbers =
      mini.evaluated(mini.out / "list.csv", "--image-size 256 --sample crop");
  CHECK(numbers.at("images") == 1);
  Index pixels = 0;
  for (const auto& row : numbers.at("per_class")) pixels += row.at("pixels").get<Index>();
  CHECK(pixels == 1024 * 1024);  // read at 0.25 m

  write_file(mini.source / "test.txt", "N-33-60-D-c-4-2_1\n");  // not full
  fs::remove_all(mini.out);
  const Outcome outside = mini.prepare("landcover.ai");
  CHECK(outside.code == 1);
  CHECK(says(outside, "1 tiles of the lists are in no orthophoto: N-33-60-D-c-4-2_1 of test.txt"));
}
