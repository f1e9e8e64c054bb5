// Judged by GDAL's own programs, not by our reader.

#include "data/raster/raster.hpp"

#include <doctest/doctest.h>

#include "data/bands.hpp"
#include "data/raster/raster_writer.hpp"
#include "tests/data/scene_files.hpp"
#include "tests/support/raster_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;
using test::output_of;
using test::utm;
using test::write_raster;

namespace {

/// Whether there is GDAL, in the build and as programs; says so if not.
bool has_gdal() {
  if (!gdal_version()) {
    MESSAGE("skipped: this build has no GDAL");
    return false;
  }
  if (!contains(output_of("gdalinfo --version"), "GDAL")) {
    MESSAGE("skipped: gdalinfo is missing (Debian: gdal-bin)");
    return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a build without GDAL says how to get it when a raster comes") {
  if (gdal_version()) return;
  for (const std::string& message : {message_of<Error>([] { open_raster("scene.tif"); }),
                                     message_of<Error>([] { create_raster("scene.tif", {}); })}) {
    CHECK(contains(message, "scene.tif"));
    CHECK(contains(message, "--with gdal"));
  }
}

TEST_CASE("raster: every sample type with 1, 3, 4 and 13 bands comes back, whole and in windows") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  for (const DType type : {DType::u8, DType::u16, DType::i16, DType::f32}) {
    for (const Index bands : {1, 3, 4, 13}) {
      CAPTURE(name_of(type));
      CAPTURE(bands);
      const Image image = test::any_picture(70, 50, bands, type);
      const auto file = scratch / "a.tif";
      write_raster(file, image, {.georeference = utm(2)});
      const auto raster = open_raster(file);
      CHECK(raster->info().height == 70);
      CHECK(raster->info().width == 50);
      CHECK(raster->info().bands == bands);
      CHECK(raster->info().type == type);
      CHECK(raster->read({0, 0, 70, 50}).pixels == image);
      const RasterPatch part = raster->read({13, 7, 30, 21});
      CHECK(part.pixels == crop(image, {13, 7, 30, 21}));
      CHECK(part.valid == std::vector<std::uint8_t>(30 * 21, 1));
    }
  }
}

TEST_CASE("raster: chosen bands in their order; a missing one is named") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  const Image image = test::any_picture(20, 30, 5, DType::u16);
  write_raster(scratch / "a.tif", image, {});
  const auto raster = open_raster(scratch / "a.tif", {.bands = {5, 2}});
  const Image read = raster->read({0, 0, 20, 30}).pixels;
  CHECK(read == select_bands(image, Bands({5, 2}), "a"));
  const std::string message =
      message_of<Error>([&] { open_raster(scratch / "a.tif", {.bands = {6}}); });
  CHECK(contains(message, "band 6"));
  CHECK(contains(message, "has 5"));
  CHECK_THROWS_AS(open_raster(scratch / "a.tif", {.bands = {6}}), TooFewBands);
}

TEST_CASE("raster: what hides pixels, as GDAL's data set mask has it") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  Image image = test::any_picture(8, 8, 3, DType::u16);
  const auto put = [&](Index y, Index x, Index band, std::uint16_t value) {
    image.samples<std::uint16_t>()[static_cast<std::size_t>((y * 8 + x) * 3 + band)] = value;
  };
  for (Index band = 0; band < 3; ++band) put(1, 2, band, 9);  // in every band: no data
  put(4, 4, 1, 9);                                            // in one band: data
  const auto count = [](const std::vector<std::uint8_t>& valid) {
    return std::count(valid.begin(), valid.end(), std::uint8_t{1});
  };
  SUBCASE("nodata of the file") {
    write_raster(scratch / "a.tif", image, {.nodata = 9});
    const auto raster = open_raster(scratch / "a.tif");
    CHECK(raster->info().nodata == 9);
    const auto valid = raster->read_valid({0, 0, 8, 8});
    CHECK(count(valid) == 63);
    CHECK(valid[8 + 2] == 0);
    CHECK(raster->read({0, 0, 8, 8}).valid == valid);
  }
  SUBCASE("nodata that is given") {
    write_raster(scratch / "a.tif", image, {.nodata = 12345});
    const auto valid = open_raster(scratch / "a.tif", {.nodata = 9})->read_valid({0, 0, 8, 8});
    CHECK(count(valid) == 63);
    CHECK(valid[8 + 2] == 0);
  }
  SUBCASE("an alpha band") {
    Image rgba(8, 8, 4);
    for (std::uint8_t& sample : rgba.pixels) sample = 200;
    rgba.at(3, 5)[3] = 0;
    write_png(scratch / "rgb.png", test::picture(8, 8));
    write_raster(scratch / "b.tif", rgba, {});
    const std::string log =
        output_of("gdal_translate -q -colorinterp red,green,blue,alpha " +
                  (scratch / "b.tif").string() + " " + (scratch / "a.tif").string());
    CHECK(log == "");
    const auto raster = open_raster(scratch / "a.tif");
    CHECK(raster->info().bands == 3);
    CHECK(raster->info().alpha == 4);
    const auto valid = raster->read_valid({0, 0, 8, 8});
    CHECK(count(valid) == 63);
    CHECK(valid[3 * 8 + 5] == 0);
    // Named, it is a band as any other.
    const auto named = open_raster(scratch / "a.tif", {.bands = {1, 2, 3, 4}});
    CHECK(count(named->read_valid({0, 0, 8, 8})) == 64);
    CHECK(named->read({0, 0, 8, 8}).pixels == rgba);
  }
  SUBCASE("a mask band") {
    write_raster(scratch / "b.tif", image, {});
    CHECK(output_of("gdal_translate -q -mask none -b 1 " + (scratch / "b.tif").string() + " " +
                    (scratch / "c.tif").string()) == "");
    Image mask(8, 8, 1);
    for (std::uint8_t& sample : mask.pixels) sample = 255;
    *mask.at(6, 0) = 0;
    write_raster(scratch / "m.tif", mask, {});
    CHECK(output_of("gdalbuildvrt -q -separate " + (scratch / "s.vrt").string() + " " +
                    (scratch / "c.tif").string() + " " + (scratch / "m.tif").string()) == "");
    CHECK(output_of("gdal_translate -q --config GDAL_TIFF_INTERNAL_MASK YES -b 1 -mask 2 " +
                    (scratch / "s.vrt").string() + " " + (scratch / "a.tif").string()) == "");
    const auto valid = open_raster(scratch / "a.tif")->read_valid({0, 0, 8, 8});
    CHECK(count(valid) == 63);
    CHECK(valid[6 * 8] == 0);
  }
}

TEST_CASE("raster: colours of a band of indices") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  const ClassTable classes = ClassTable::deepglobe();
  const Image labels = test::striped_labels(16, 40);
  write_raster(scratch / "a.tif", labels, {.classes = classes});
  const auto raster = open_raster(scratch / "a.tif");
  CHECK(raster->info().bands == 3);
  CHECK(raster->read({0, 0, 16, 40}).pixels == colors_from_labels(labels, classes));
}

TEST_CASE("raster: read at another pixel size") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  const Image image = test::any_picture(40, 60, 2, DType::f32);
  Image doubled(80, 120, 2, DType::f32);
  for (Index y = 0; y < 80; ++y) {
    for (Index x = 0; x < 120; ++x) {
      std::copy_n(image.at(y / 2, x / 2), image.pixel_bytes(), doubled.at(y, x));
    }
  }
  write_raster(scratch / "a.tif", doubled, {});
  const auto raster = open_raster(scratch / "a.tif");
  const Image half = raster->read(SourceWindow{20, 10, 40, 60}, 20, 30).pixels;
  const Image expected = crop(image, {10, 5, 20, 30});
  for (std::size_t i = 0; i < half.samples<float>().size(); ++i) {
    CHECK(half.samples<float>()[i] == doctest::Approx(expected.samples<float>()[i]).epsilon(1e-5));
  }
}

TEST_CASE("raster: gdalinfo finds place, colours, names, nodata, tiles and overviews") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  const auto file = scratch / "labels.tif";
  Georeference rotated = utm(0.5);
  rotated.transform[2] = 0.1;
  rotated.transform[4] = 0.2;
  for (const bool cloud : {false, true}) {
    CAPTURE(cloud);
    write_raster(file, test::striped_labels(900, 1300),
                 {.georeference = rotated,
                  .nodata = 255,
                  .classes = ClassTable::deepglobe(),
                  .overviews = Overviews::mode,
                  .cloud_optimised = cloud});
    const std::string info = output_of("gdalinfo " + file.string());
    CHECK(contains(info, "Size is 1300, 900"));
    CHECK(contains(info, "WGS 84 / UTM zone 33N"));
    CHECK(contains(info, "500000, 0.5, 0.1"));
    CHECK(contains(info, "5200000, 0.2, -0.5"));
    CHECK(contains(info, "Block=512x512 Type=Byte, ColorInterp=Palette"));
    CHECK(contains(info, "NoData Value=255"));
    CHECK(contains(info, "Overviews: 650x450, 325x225"));
    CHECK(contains(info, "Color Table (RGB with 256 entries)"));
    CHECK(contains(info, "1: 255,255,0,255"));
    CHECK(contains(info, "Categories:"));
    CHECK(contains(info, "1: agriculture_land"));
    CHECK(contains(info, "COMPRESSION=DEFLATE"));
    CHECK(contains(info, "LAYOUT=COG") == cloud);
  }
}

TEST_CASE("raster: every tile is written once, so a copy is no smaller") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  const auto file = scratch / "a.tif", copy = scratch / "copy.tif";
  const auto size = [](const std::filesystem::path& path) {
    return static_cast<double>(std::filesystem::file_size(path));
  };
  const auto check = [&](const Image& image, RasterSpec spec, const std::string& interleave) {
    write_raster(file, image, std::move(spec));
    CHECK(output_of("gdal_translate -q -co TILED=YES -co BLOCKXSIZE=512 -co BLOCKYSIZE=512 -co "
                    "COMPRESS=DEFLATE -co COPY_SRC_OVERVIEWS=YES -co INTERLEAVE=" +
                    interleave + " " + file.string() + " " + copy.string()) == "");
    CHECK(size(file) <= 1.02 * size(copy));
  };
  Image labels(2100, 1700, 1);
  for (Index y = 0; y < labels.height; ++y) {
    for (Index x = 0; x < labels.width; ++x) {
      *labels.at(y, x) = static_cast<std::uint8_t>((y * y / 900 + x * x / 700) % 7);
    }
  }
  check(labels, {.nodata = 255, .classes = ClassTable::deepglobe(), .overviews = Overviews::mode},
        "BAND");
  check(test::any_picture(1100, 700, 3, DType::f32), {.overviews = Overviews::nearest}, "BAND");
}

TEST_CASE("raster: overviews have no value that the raster lacks") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  Image labels(1024, 1024, 1);
  for (std::size_t i = 0; i < labels.pixels.size(); ++i) labels.pixels[i] = i % 3 == 0 ? 0 : 6;
  write_raster(scratch / "a.tif", labels, {.overviews = Overviews::mode});
  for (const char* level : {"0", "1"}) {
    const std::string histogram =
        output_of("gdalinfo -hist -oo OVERVIEW_LEVEL=" + std::string(level) + " " +
                  (scratch / "a.tif").string());
    const std::size_t at = histogram.find("buckets from -0.5 to 255.5:");
    REQUIRE(at != std::string::npos);
    std::istringstream counts(histogram.substr(histogram.find('\n', at)));
    for (int value = 0; value < 256; ++value) {
      long long count = -1;
      counts >> count;
      if (value != 0 && value != 6) CHECK(count == 0);
    }
  }
}

TEST_CASE("raster: a file that may exceed 4 GB begins as BigTIFF, a smaller one does not") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  const auto version = [&](Index side) {
    const auto writer =
        create_raster(scratch / "big.tif", {.height = side, .width = side, .nodata = 255});
    writer->write_rows(Image(512, side, 1));
    std::vector<int> versions;  // of the file, which has a temporary name still
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::array<char, 4> begin{};
      file.read(begin.data(), begin.size());
      versions.push_back(begin[2]);
    }
    return versions;
  };
  CHECK(version(70000) == std::vector{43});
  CHECK(version(2000) == std::vector{42});
}

TEST_CASE("raster: ground control points are kept") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  Georeference place;
  place.points_crs = "EPSG:4326";
  place.points = {{"1", "", 0, 0, 10, 50, 0},
                  {"2", "", 30, 0, 10.3, 50, 0},
                  {"3", "", 0, 20, 10, 49.8, 0},
                  {"4", "", 30, 20, 10.3, 49.8, 5}};
  write_raster(scratch / "a.tif", test::any_picture(20, 30, 1, DType::u8), {.georeference = place});
  CHECK(
      contains(output_of("gdalinfo " + (scratch / "a.tif").string()), "(30,20) -> (10.3,49.8,5)"));
  const Georeference found = open_raster(scratch / "a.tif")->info().georeference;
  REQUIRE(found.points.size() == 4);
  CHECK(found.points[3].x == 10.3);
  CHECK(contains(found.points_crs, "WGS 84"));
}

TEST_CASE("raster: metres on the ground") {
  if (!gdal_version()) return;
  const auto metres = [](const Georeference& place) { return metres_per_pixel(place, 100, 100); };
  const auto in_utm = metres(utm(0.5));
  REQUIRE(in_utm);
  CHECK((*in_utm)[0] == doctest::Approx(0.5).epsilon(0.001));
  const auto degrees = metres({.transform = {10, 0.001, 0, 60.05, 0, -0.001}, .crs = "EPSG:4326"});
  REQUIRE(degrees);
  CHECK((*degrees)[0] ==
        doctest::Approx(55.80).epsilon(0.001));  // of a thousandth of a degree at 60 degrees
  CHECK((*degrees)[1] == doctest::Approx(111.41).epsilon(0.001));
  CHECK(!metres({}));
  CHECK(!metres({.transform = {0, 2, 0, 0, 0, -2}}));
}

TEST_CASE("raster: unusable files get a message, and nothing remains of one that failed") {
  if (!has_gdal()) return;
  const ScratchFolder scratch;
  CHECK(contains(message_of<Error>([&] { open_raster(scratch / "missing.tif"); }), "missing.tif"));
  write_raster(scratch / "a.tif", test::any_picture(600, 600, 3, DType::u8), {});
  std::vector<std::uint8_t> bytes = read_file_bytes(scratch / "a.tif");
  bytes.resize(bytes.size() / 3);
  test::write_bytes(scratch / "cut.tif", bytes);
  const std::string cut = message_of<Error>([&] {
    open_raster(scratch / "cut.tif")->read({0, 0, 600, 600});
  });
  CHECK(contains(cut, "cut.tif"));
  CHECK(contains(cut, "cannot"));
  const auto raster = open_raster(scratch / "a.tif");
  CHECK(contains(message_of<Error>([&] { raster->read({590, 0, 20, 20}); }), "not inside"));
  {
    const auto writer = create_raster(scratch / "b.tif", {.height = 10, .width = 10});
    writer->write_rows(Image(5, 10, 1));
    CHECK(contains(message_of<Error>([&] { writer->write_rows(Image(6, 10, 1)); }), "do not fit"));
    CHECK(contains(message_of<Error>([&] { writer->commit(); }), "5 of 10 rows"));
  }
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    CHECK(!entry.path().filename().string().starts_with("b.tif"));
  }
  CHECK(contains(message_of<Error>([&] {
                   create_raster(scratch / "no/such/folder.tif", {.height = 1, .width = 1});
                 }),
                 "folder.tif"));
}

}  // namespace fpanet
