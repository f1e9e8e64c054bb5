// fpanet_predict on rasters: what goes wrong, and what is left when it does.

#include "data/image_file.hpp"
#include "tests/programs/child.hpp"
#include "tests/programs/rasters.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

/// The names in a folder, sorted.
std::string listing(const fs::path& folder) {
  std::vector<std::string> names;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

void check_same_maps(const fs::path& a, const fs::path& b) {
  CHECK(listing(a) == listing(b));
  for (const auto& entry : fs::directory_iterator(a)) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK((contents(a / name) == contents(b / name)));
  }
}

}  // namespace

TEST_CASE("a killed program leaves no map, and --resume makes the one of an undisturbed run") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "a.tif", {600, 400});
  const std::string flags = " --probabilities --confidence --tta flips --quiet ";
  check_done(map(work, work / "a.tif", flags + "--out " + (work / "whole").string()));
  {
    Child program("predict", "--checkpoint " + trained_model().string() + " --image " +
                                 (work / "a.tif").string() + " --threads 2 --out " +
                                 (work / "parts").string() + flags);
    for (int i = 0; i < 6000 && !fs::exists(work / "parts/a_unfinished/rows-3"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    program.send(SIGKILL);
    CHECK(program.wait() == 1000 + SIGKILL);
  }
  REQUIRE(listing(work / "parts") == "a_unfinished");
  const Outcome other =
      map(work, work / "a.tif", "--resume --overlap 0.5 --out " + (work / "parts").string());
  CHECK(other.code == 1);
  CHECK(says(other, "it was 'overlap 0.25', now it is 'overlap 0.5'"));
  const Outcome resumed =
      map(work, work / "a.tif",
          "--resume --probabilities --confidence --tta flips --out " + (work / "parts").string());
  check_done(resumed);
  CHECK(says(resumed, "goes on behind"));
  check_same_maps(work / "whole", work / "parts");
}

TEST_CASE("a raster at another pixel size goes on as well") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  const std::string model = (work / "model.safetensors").string();
  write_model_of_pixel_size(model, 0.5);
  write_scene(work / "a.tif", {700, 300}, utm(0.3));
  const std::string flags = " --quiet --checkpoint " + model + " ";
  check_done(map(work, work / "a.tif", flags + "--out " + (work / "whole").string()));
  {
    Child program("predict", flags + "--image " + (work / "a.tif").string() +
                                 " --threads 2 --out " + (work / "parts").string());
    for (int i = 0; i < 6000 && !fs::exists(work / "parts/a_unfinished/rows-3"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    program.send(SIGKILL);
    program.wait();
  }
  REQUIRE(listing(work / "parts") == "a_unfinished");
  check_done(map(work, work / "a.tif", flags + "--resume --out " + (work / "parts").string()));
  check_same_maps(work / "whole", work / "parts");
}

TEST_CASE("unusable rasters: a message, exit 1, and nothing under the final name") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "good.tif", {300, 300});
  const std::string good = contents(work / "good.tif");
  std::ofstream(work / "cut.tif", std::ios::binary) << good.substr(0, good.size() / 3);
  std::ofstream(work / "text.tif") << "no raster\n";
  std::ofstream(work / "void.tif") << "";
  REQUIRE(contains(output_of("gdal_translate -q -ot CFloat32 " + (work / "good.tif").string() +
                             " " + (work / "complex.tif").string() + " && echo done"),
                   "done"));
  std::ofstream(work / "bandless.vrt") << "<VRTDataset rasterXSize=\"10\" rasterYSize=\"10\"/>\n";
  for (const std::string name :
       {"cut.tif", "text.tif", "void.tif", "complex.tif", "bandless.vrt", "missing.tif"}) {
    CAPTURE(name);
    const Outcome outcome = map(work, work / name);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 1);
    CHECK(says(outcome, name));
    CHECK(listing(work / "maps").empty());
  }
  // A picture without a byte is a picture.
  std::ofstream(work / "empty.jpg") << "";
  const Outcome empty = map(work, work / "empty.jpg", "--image-size 64");
  CHECK(empty.code == 1);
  CHECK(says(empty, "the file is empty"));
  // The others of a list are mapped.
  std::ofstream(work / "list.txt") << "# two rasters\ngood.tif\r\n\ncut.tif\n";
  const Outcome listed = map(work, work / "list.txt");
  CHECK(listed.code == 1);
  CHECK(says(listed, "prediction failed for 1 of 2"));
  CHECK(listing(work / "maps") == "good_labels.tif good_labels.tif.aux.xml");
}

TEST_CASE("the rasters of the rasterio project") {
  if (!has_gdal()) return;
  const char* const shared = std::getenv("FPANET_SHARED");
  const fs::path folder =
      fs::path(shared != nullptr ? shared : FPANET_TEST_DATA "/../../../shared") / "data/rasters";
  if (!fs::exists(folder)) {
    MESSAGE("skipped: " << folder.string() << " is missing");
    return;
  }
  const ScratchFolder work;
  const auto run = [&](const std::string& name, const std::string& flags) {
    return map(work, folder / name, flags);
  };
  check_done(run("rgb1.tif", "--quiet"));
  check_done(run("RGBA.uint16.tif", "--quiet --scale 0,65535"));
  check_done(run("all-nodata.tif", "--quiet --scale 0,1 --bands 1,1,1"));
  check_done(run("rotated.tif", "--quiet --bands 1,1,1"));
  check_done(run("world.rgb.tif", "--quiet"));
  check_done(run("float_raster_with_nodata.tif", "--quiet --scale 0,1 --bands 1,1,1"));
  const Outcome corrupt = run("corrupt.tif", "");
  CHECK(corrupt.code == 1);
  CHECK(says(corrupt, "corrupt.tif"));
  for (const char* const name :
       {"rgb1", "RGBA.uint16", "all-nodata", "rotated", "world.rgb", "float_raster_with_nodata"}) {
    CAPTURE(name);
    const std::string judge = "a = gdal.Open('" + (folder / name).string() +
                              ".tif')\nb = gdal.Open('" +
                              (work / "maps" / (std::string(name) + "_labels.tif")).string() + R"(')
mask = np.zeros((a.RasterYSize, a.RasterXSize), bool)
for i in range(1, a.RasterCount + 1):
    band = a.GetRasterBand(i)
    if band.GetColorInterpretation() != gdal.GCI_AlphaBand: mask |= band.GetMaskBand().ReadAsArray() != 0
labels = b.ReadAsArray()
print(a.GetGeoTransform() == b.GetGeoTransform(), a.GetProjection() == b.GetProjection(), ((labels != 255) == mask).all())
)";
    CHECK(python(judge) == "True True True");
  }
}

TEST_CASE("a full disk, or a folder that cannot be written: a message and exit 1") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "a.tif", {300, 300});
  const std::string flags = "--probabilities --out " + (work / "full").string();
  // In blocks of 512 bytes: enough for the finished rows, not for the probabilities.
  const Outcome full = map(work, work / "a.tif", flags, "ulimit -f 1200; ");
  CAPTURE(full.err);
  CHECK(full.code == 1);
  CHECK(says(full, "a_probs.tif"));
  CHECK(listing(work / "full") == "a_unfinished");
  check_done(map(work, work / "a.tif", flags + " --resume"));
  CHECK(listing(work / "full") == "a_labels.tif a_labels.tif.aux.xml a_probs.tif");
  std::ofstream(work / "file") << "no folder\n";
  const Outcome blocked = map(work, work / "a.tif", "--out " + (work / "file/maps").string());
  CHECK(blocked.code == 1);
  CHECK(says(blocked, "file/maps"));
}

TEST_CASE("folders and lists of pictures and rasters") {
  const ScratchFolder work;
  fs::create_directories(work / "both");
  const Image picture = synthesize(9, 1, {64, 70}).image;
  write_png(work / "both/a.png", picture);
  if (!gdal_version()) {
    std::ofstream(work / "both/b.tif") << "II*";
    const Outcome outcome = map(work, work / "both");
    check_done(outcome);
    CHECK(says(outcome,
               "no prediction for 1 files in a format that this build does not read: b.tif"));
    const Outcome raster = map(work, work / "both/b.tif");
    CHECK(raster.code == 1);
    CHECK(says(raster, "rasters need GDAL, which this build lacks"));
    return;
  }
  write_raster(work / "both/b.tif", picture, {});
  check_done(map(work, work / "both", "--quiet"));
  CHECK(listing(work / "maps") == "a_labels.png a_mask.png b_labels.tif b_labels.tif.aux.xml");
  fs::remove(work / "both/a.png");
  fs::remove_all(work / "maps");
  check_done(map(work, work / "both", "--quiet"));
  CHECK(listing(work / "maps") == "b_labels.tif b_labels.tif.aux.xml");
  write_png(work / "both/b.png", picture);
  const Outcome twice = map(work, work / "both");
  CHECK(twice.code == 1);
  CHECK(says(twice, "would both be written as b_labels"));
}

TEST_CASE("flags that do not go with what is predicted on") {
  const ScratchFolder work;
  write_png(work / "a.png", synthesize(9, 1, {64, 70}).image);
  std::ofstream(work / "b.tif") << "no picture";
  for (const auto& call : {std::pair<std::string, std::string>{"a.png", "--nodata 0"},
                           {"a.png", "--cog"},
                           {"a.png", "--resume"},
                           {"b.tif", "--overlay"},
                           {"b.tif", "--image-size 64"},
                           {"b.tif", "--overlap 1"},
                           {"b.tif", "--window native"},
                           {"b.tif", "--nodata x"}}) {
    const std::string& flag = call.second;
    CAPTURE(flag);
    const Outcome outcome = map(work, work / call.first, flag);
    CHECK(outcome.code == 2);
    CHECK(says(outcome, flag.substr(0, flag.find(' '))));
  }
}
