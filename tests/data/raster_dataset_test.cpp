#include "data/raster_dataset.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <numeric>

#include "data/loader.hpp"
#include "data/raster/raster_writer.hpp"
#include "tests/data/scene_files.hpp"
#include "tests/support/raster_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;
using test::utm;
using test::write_raster;

namespace {

bool has_rasters() {
  if (gdal_version()) return true;
  MESSAGE("skipped: this build has no GDAL");
  return false;
}

const ClassTable& two_classes() {
  static const ClassTable table({{"land", {0, 255, 0}}, {"water", {0, 0, 255}}});
  return table;
}

/// Every pixel tells its place.
Image numbered(Index height, Index width, std::uint8_t seed = 0) {
  Image image(height, width, 3);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      image.at(y, x)[0] = static_cast<std::uint8_t>(y);
      image.at(y, x)[1] = static_cast<std::uint8_t>(x);
      image.at(y, x)[2] = seed;
    }
  }
  return image;
}

/// Water to the right of the middle.
Image halves(Index height, Index width) {
  Image labels(height, width, 1);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) *labels.at(y, x) = x >= width / 2 ? 1 : 0;
  }
  return labels;
}

/// `count` rasters side by side, of 50x70 pixels of half a metre, with index masks and a class table.
void save_pairs(const std::filesystem::path& dir, int count) {
  std::filesystem::create_directories(dir);
  two_classes().write(dir / "class_dict.csv");
  for (int i = 0; i < count; ++i) {
    const std::string id(1, static_cast<char>('a' + i));
    const RasterSpec spec{.georeference = utm(0.5, 500000 + 100.0 * i)};
    write_raster(dir / (id + "_sat.tif"), numbered(50, 70, static_cast<std::uint8_t>(i)), spec);
    write_raster(dir / (id + "_mask.tif"), halves(50, 70), spec);
  }
}

RasterDataset opened(const std::filesystem::path& data, const ImageSize& size = {32, 32},
                     MaskPolicy policy = MaskPolicy::ignore) {
  return {data, {.size = size, .mask_policy = policy}};
}

std::string refusal(const std::filesystem::path& data) {
  return message_of<Error>([&] { opened(data); });
}

Index labelled(const Image& labels) {
  return std::ssize(labels.pixels) - std::ranges::count(labels.pixels, kIgnoreByte);
}

}  // namespace

TEST_CASE("raster data: windows of a grid cover every pixel once") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 2);
  const auto dataset = open_dataset(work.path().string(), {.size = {32, 32}}, 1);
  CHECK(dataset->windowed());
  CHECK(dataset->pictures() == 2);
  CHECK(dataset->picture_ids() == std::vector<std::string>{"a", "b"});
  REQUIRE(dataset->size() == 2 * 2 * 3);
  CHECK(dataset->id(4) == "a_18_32");
  CHECK(dataset->picture_of(6) == 1);
  Index all = 0, water = 0;
  for (Index scene = 0; scene < 6; ++scene) {
    const Scene loaded = dataset->load(scene);
    CHECK(loaded.image.size_str() == "32x32");
    CHECK(loaded.labels.labels.size_str() == "32x32");
    CHECK(labelled(loaded.labels.labels) == dataset->facts(scene)->counts.labelled_pixels);
    all += labelled(loaded.labels.labels);
    water += dataset->facts(scene)->class_pixels[1];
  }
  CHECK(all == 50 * 70);
  CHECK(water == 50 * 35);
  // The last one ends in the lower right corner, and labels only what no other has.
  const Scene corner = dataset->load(5);
  CHECK(corner.image == crop(numbered(50, 70), {18, 38, 32, 32}));
  CHECK(labelled(corner.labels.labels) == 18 * 6);
  CHECK(*corner.labels.labels.at(13, 31) == kIgnoreByte);
  CHECK(*corner.labels.labels.at(14, 25) == kIgnoreByte);
  CHECK(*corner.labels.labels.at(14, 26) == 1);
  CHECK(dataset->pixel_size().value() == doctest::Approx(0.5).epsilon(0.01));
}

TEST_CASE("raster data: a raster that is smaller than a window is extended, without labels") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 1);
  const RasterDataset dataset = opened(work.path(), {64, 96});
  REQUIRE(dataset.size() == 1);
  const Scene loaded = dataset.load(0);
  CHECK(loaded.image.size_str() == "64x96");
  CHECK(crop(loaded.image, {0, 0, 50, 70}) == numbered(50, 70));
  CHECK(labelled(loaded.labels.labels) == 50 * 70);
  const Scene random = dataset.load_random(0, {.size = {64, 96}, .seed = 1, .epoch = 2});
  CHECK((random.image == loaded.image));
}

TEST_CASE(
    "raster data: random windows are native, lie anywhere, and depend on seed, epoch and scene "
    "only") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 2);
  const RasterDataset dataset = opened(work.path()), other = opened(work.path());
  std::set<std::pair<int, int>> corners;
  for (Index epoch = 0; epoch < 20; ++epoch) {
    const RandomWindow drawn{.size = {32, 32}, .seed = 7, .epoch = epoch};
    const Scene scene = dataset.load_random(7, drawn);
    const int top = scene.image.at(0, 0)[0], left = scene.image.at(0, 0)[1];
    CHECK(scene.image.at(0, 0)[2] == 1);  // the second raster
    CHECK(scene.image == crop(numbered(50, 70, 1), {top, left, 32, 32}));
    CHECK(scene.labels.labels == crop(halves(50, 70), {top, left, 32, 32}));
    CHECK(scene.image == other.load_random(7, drawn).image);
    corners.emplace(top, left);
  }
  CHECK(corners.size() > 15);
}

TEST_CASE("raster data: 1, 2 and 4 loader threads give the same bytes") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 3);
  const auto store = std::make_shared<SceneStore>(
      std::make_shared<RasterDataset>(work.path(), DatasetOptions{.size = {32, 32}}));
  std::vector<Index> all(static_cast<std::size_t>(store->dataset().size()));
  std::iota(all.begin(), all.end(), Index{0});
  std::vector<std::string> bytes;
  for (const int threads : {1, 2, 4}) {
    Loader loader(store, all,
                  {.batch_size = 4,
                   .shuffle = true,
                   .augment = Augment::notebook,
                   .crop_to = ImageSize{32, 32},
                   .threads = threads});
    std::string& text = bytes.emplace_back();
    for (Index epoch = 0; epoch < 2; ++epoch) {
      loader.start(epoch);
      while (const auto batch = loader.next()) {
        text.append(reinterpret_cast<const char*>(batch->images.raw()), batch->images.bytes());
        text.append(reinterpret_cast<const char*>(batch->labels.raw()), batch->labels.bytes());
      }
    }
  }
  CHECK(bytes[0].size() > 2 * 18 * 32 * 32 * 7 - 1);
  CHECK((bytes[0] == bytes[1]));
  CHECK((bytes[0] == bytes[2]));
}

TEST_CASE("raster data: pixels without data have no label and no influence") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 1);
  Image image = numbered(50, 70, 9);
  for (Index y = 0; y < 50; ++y) std::fill_n(image.at(y, 0), 3 * 20, std::uint8_t{0});
  write_raster(work / "a_sat.tif", image, {.georeference = utm(0.5, 500000), .nodata = 0});
  const RasterDataset dataset = opened(work.path());
  Index all = 0;
  for (Index scene = 0; scene < dataset.size(); ++scene) {
    const Scene loaded = dataset.load(scene);
    CHECK(labelled(loaded.labels.labels) == dataset.facts(scene)->counts.labelled_pixels);
    all += labelled(loaded.labels.labels);
  }
  CHECK(all == 50 * 50);
  const Scene first = dataset.load(0);
  CHECK(*first.labels.labels.at(5, 19) == kIgnoreByte);
  CHECK(*first.labels.labels.at(5, 20) == 0);
  CHECK(first.image.at(5, 3)[2] == 9);  // the mean of the others
  const Image samples = dataset.load_samples(0);
  CHECK(samples.width == 32 * 12);
  CHECK(std::ranges::none_of(samples.pixels, [](std::uint8_t v) { return v == 255; }));
}

TEST_CASE("raster data: windows without labels are left out") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 1);
  Image labels(50, 70, 1);
  std::ranges::fill(labels.pixels, kIgnoreByte);
  *labels.at(40, 60) = 1;
  write_raster(work / "a_mask.tif", labels, {.georeference = utm(0.5, 500000)});
  const RasterDataset dataset = opened(work.path());
  REQUIRE(dataset.size() == 1);
  CHECK(dataset.id(0) == "a_18_32");
  CHECK(dataset.facts(0)->counts.pixels == 50 * 70);
  CHECK(dataset.facts(0)->counts.ignored_pixels == 50 * 70 - 1);
  for (Index epoch = 0; epoch < 5; ++epoch) {
    const Scene drawn = dataset.load_random(0, {.size = {32, 32}, .seed = 1, .epoch = epoch});
    CHECK(labelled(drawn.labels.labels) == 1);
  }
}

TEST_CASE("raster data: masks are indices, gray colours, colours, names or colour tables") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 1);
  const RasterSpec spec{.georeference = utm(0.5, 500000)};
  const Image wanted = opened(work.path()).load(1).labels.labels;
  const auto check_same = [&] { CHECK(opened(work.path()).load(1).labels.labels == wanted); };
  SUBCASE("colours") {
    write_raster(work / "a_mask.tif", colors_from_labels(halves(50, 70), two_classes()), spec);
    check_same();
  }
  SUBCASE("wide indices") {
    Image wide(50, 70, 1, DType::u16);
    const Image labels = halves(50, 70);
    for (std::size_t i = 0; i < labels.pixels.size(); ++i) {
      wide.samples<std::uint16_t>()[i] = labels.pixels[i];
    }
    write_raster(work / "a_mask.tif", wide, spec);
    check_same();
  }
  SUBCASE("category names in another order") {
    Image turned = halves(50, 70);
    for (std::uint8_t& v : turned.pixels) v = v == 0 ? 2 : 1;
    RasterSpec named = spec;
    named.classes = ClassTable({{"sea", {1, 1, 1}}, {"water", {0, 0, 9}}, {"land", {0, 9, 0}}});
    write_raster(work / "a_mask.tif", turned, named);
    check_same();
    CHECK(contains(opened(work.path()).mask_note(), "1 masks whose categories name the classes"));
  }
  SUBCASE("a class table out of the mask") {
    RasterSpec named = spec;
    named.classes = two_classes();
    write_raster(work / "a_mask.tif", halves(50, 70), named);
    std::filesystem::remove(work / "class_dict.csv");
    check_same();
    CHECK(opened(work.path()).classes() == two_classes());
    write_raster(work / "a_mask.tif", halves(50, 70), spec);
    std::filesystem::remove(work / "a_mask.tif.aux.xml");
    CHECK(contains(refusal(work.path()), "there is no class table: write class_dict.csv"));
  }
}

TEST_CASE("mask labels: a colour table of class colours, and values that are no class") {
  const ClassTable& classes = two_classes();
  const std::vector<RasterCategory> colored{{3, "", Rgb{0, 0, 255}}, {5, "", Rgb{0, 255, 0}}};
  std::vector<MaskContents> masks{{.file = "m.png", .categories = colored, .values = {3, 5, 255}}};
  MaskDecision decision = decide_mask_labels(masks, classes, "t.csv");
  CHECK(decision.problems[0].empty());
  CHECK(decision.masks[0].label_of[3] == 1);
  CHECK(decision.masks[0].label_of[5] == 0);
  CHECK(decision.masks[0].label_of[255] == kIgnoreByte);
  // Another value than those of the table makes it indices, which do not fit.
  masks[0].values.insert(4);
  decision = decide_mask_labels(masks, classes, "t.csv");
  CHECK(contains(decision.problems[0], "m.png: the index mask (one channel) holds the value 3"));
  CHECK(contains(decision.problems[0], "the classes of t.csv are land, water"));
  masks = {
      {.file = "n.tif", .categories = {{1, "water", {}}, {2, "harbour", {}}}, .values = {1, 2}}};
  decision = decide_mask_labels(masks, classes, "t.csv");
  CHECK(decision.problems[0] ==
        "n.tif: holds the value 2 ('harbour'), but the classes of t.csv are land, water");
}

TEST_CASE("raster data: what does not fit is refused with both sides named") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 2);
  const auto check_refused = [&](const std::vector<std::string>& parts) {
    const std::string message = refusal(work.path());
    CAPTURE(message);
    for (const std::string& part : parts) CHECK(contains(message, part));
  };
  const auto mask_at = [&](const Georeference& place) {
    write_raster(work / "b_mask.tif", halves(50, 70), {.georeference = place});
  };
  SUBCASE("another grid") {
    mask_at(utm(0.5, 500100.5));
    check_refused({"1 of 2 rasters", "b_mask.tif: the mask does not lie on its image's pixels",
                   "(500100.5, 5200000) in EPSG:32633", "b_sat.tif has", "(500100, 5200000)"});
  }
  SUBCASE("another coordinate reference system") {
    Georeference other = utm(0.5, 500100);
    other.crs = "EPSG:32632";
    mask_at(other);
    check_refused({"b_mask.tif", "in EPSG:32632, but", "in EPSG:32633"});
  }
  SUBCASE("another size") {
    write_raster(work / "b_mask.tif", halves(50, 71), {.georeference = utm(0.5, 500100)});
    check_refused({"b_mask.tif", "50x71 pixels", "50x70 pixels"});
  }
  SUBCASE("values outside of the table") {
    Image labels = halves(50, 70);
    *labels.at(49, 69) = 2;
    write_raster(work / "b_mask.tif", labels, {.georeference = utm(0.5, 500100)});
    check_refused({"b_mask.tif", "holds the value 2, but there are 2 classes",
                   "class_dict.csv are land, water"});
  }
  SUBCASE("no mask") {
    std::filesystem::remove(work / "b_mask.tif");
    check_refused({"b_sat.tif has no mask b_mask.tif"});
  }
  SUBCASE("a mask without a place fits") {
    write_raster(work / "b_mask.tif", halves(50, 70));
    CHECK(opened(work.path()).pictures() == 2);
  }
  SUBCASE("too few bands") {
    const auto open_four = [&] {
      RasterDataset(work.path(), {.size = {32, 32}, .bands = Bands::first(4)});
    };
    CHECK(contains(message_of<TooFewBands>(open_four), "band 4 is wanted, but the raster has 3"));
  }
}

TEST_CASE("raster data: other pixels are read resampled to those of most") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 2);
  const RasterSpec coarse{.georeference = utm(1.0, 500200)};
  write_raster(work / "c_sat.tif", numbered(50, 70, 50), coarse);
  write_raster(work / "c_mask.tif", halves(50, 70), coarse);
  const RasterDataset dataset = opened(work.path());
  CHECK(dataset.pixel_size().value() == doctest::Approx(0.5).epsilon(0.01));
  REQUIRE(dataset.notes().size() == 2);
  CHECK(contains(dataset.notes()[1],
                 "1 of 3 rasters have other pixels and are read resampled to 0.5 m: c"));
  CHECK(dataset.size() == 6 + 6 + 4 * 5);
  Index water = 0;
  for (Index scene = 12; scene < dataset.size(); ++scene) {
    water += dataset.facts(scene)->class_pixels[1];
    CHECK(dataset.load(scene).image.at(3, 3)[2] == 50);
  }
  CHECK(water == 100 * 70);
  const RasterDataset wanted(work.path(), {.size = {32, 32}, .pixel_size = 1.0});
  CHECK(contains(wanted.notes()[1], "2 of 3 rasters"));
}

TEST_CASE("raster data: lists have windows, parts and groups") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work / "data", 4);
  const auto listed = [&](const std::string& text) {
    std::ofstream(work / "list.csv") << text;
    std::filesystem::copy_file(work / "data/class_dict.csv", work / "class_dict.csv",
                               std::filesystem::copy_options::skip_existing);
    return opened(work / "list.csv");
  };
  const auto row = [](const std::string& id, const std::string& rest) {
    return "data/" + id + "_sat.tif,data/" + id + "_mask.tif," + rest + "\n";
  };
  SUBCASE("parts") {
    const RasterDataset dataset = listed("image,mask,split\n" + row("c", "val") +
                                         row("a", "train") + row("b", "test") + row("d", "train"));
    CHECK(dataset.has_split());
    CHECK(dataset.usual_split() == Split{{1, 3}, {0}, {2}});
    CHECK(dataset.judge_split(dataset.usual_split()).empty());
    CHECK(dataset.scenes_of(dataset.usual_split()).val == std::vector<Index>{0, 1, 2, 3, 4, 5});
  }
  SUBCASE("windows of one raster, of which two overlap") {
    const RasterDataset dataset =
        listed("image,mask,split,row,column,height,width\n" + row("a", "train,0,0,32,32") +
               row("a", "val,0,32,32,38") + row("a", "test,30,0,20,40"));
    CHECK(dataset.picture_ids() == std::vector<std::string>{"a_0_0", "a_0_32", "a_30_0"});
    CHECK(dataset.load(0).image == crop(numbered(50, 70), {0, 0, 32, 32}));
    const auto warnings = dataset.judge_split(dataset.usual_split());
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0],
                   "2 pairs of rasters in different parts of the split show the same ground"));
    CHECK(contains(warnings[0], "'a_0_0' (train) and 'a_30_0' (test)"));
    const Scene drawn = dataset.load_random(0, {.size = {32, 32}});
    CHECK(drawn.image == crop(numbered(50, 70), {0, 0, 32, 32}));
  }
  SUBCASE("groups") {
    const RasterDataset dataset = listed("image,mask,group\n" + row("a", "x") + row("b", "y") +
                                         row("c", "z") + row("d", "x"));
    const Split split = dataset.usual_split();
    const auto together = [&](const std::vector<Index>& part) {
      return std::ranges::count(part, 0) == std::ranges::count(part, 3);
    };
    CHECK(together(split.train));
    CHECK(together(split.val));
    CHECK(together(split.test));
    CHECK(contains(message_of<Error>([&] {
                     dataset.judge_split({{0}, {1, 2}, {3}});
                   }),
                   "the group 'x' is in two parts of the split: 'a' in train and 'd' in test"));
  }
  SUBCASE("lines that cannot be read") {
    const auto problem = [&](const std::string& text) {
      return message_of<Error>([&] { listed(text); });
    };
    CHECK(contains(problem("picture,mask\n"), "has no column 'image'"));
    CHECK(contains(problem("image,mask,split\n" + row("a", "train") + row("b", "valid")),
                   "line 3: 'valid' is neither train, val nor test"));
    CHECK(contains(problem("image,mask,split\n" + row("a", "val") + row("a", "test")),
                   "line 3: the id 'a' is that of line 2"));
    CHECK(contains(problem("image,mask,row\n" + row("a", "1")), "a window needs all four"));
    CHECK(contains(problem("image,mask,row,column,height,width\n" + row("a", "0,0,32,71")),
                   "the window of 32x71 at row 0, column 0 is not inside the raster of 50x70"));
  }
}

TEST_CASE("raster data: overlapping rasters are one piece of ground") {
  if (!has_rasters()) return;
  const ScratchFolder work;
  save_pairs(work.path(), 4);
  for (const char* const name : {"b_sat.tif", "b_mask.tif"}) {  // ten pixels into a
    write_raster(work / name, std::string(name) == "b_sat.tif" ? numbered(50, 70) : halves(50, 70),
                 {.georeference = utm(0.5, 500030)});
  }
  const RasterDataset dataset = opened(work.path());
  const Split split = dataset.usual_split();
  for (const auto& part : {split.train, split.val, split.test}) {
    CHECK(std::ranges::count(part, 0) == std::ranges::count(part, 1));
  }
  save_pairs(work / "two", 2);
  CHECK(contains(message_of<Error>([&] { opened(work / "two").usual_split(); }),
                 "2 rasters show 2 pieces of ground"));
}

}  // namespace fpanet
