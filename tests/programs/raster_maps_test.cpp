// fpanet_predict on rasters: what the maps hold. GDAL's own tools judge.

#include <nlohmann/json.hpp>

#include "data/bands.hpp"
#include "data/image_file.hpp"
#include "tests/programs/rasters.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

/// Python: labels(name) reads the labels of a map of the folder `work`.
std::string reading(const ScratchFolder& work) {
  return "work = '" + work.path().string() +
         "/'\n"
         "def read(name): return gdal.Open(work + name).ReadAsArray()\n"
         "def labels(name): return read('maps/' + name + '_labels.tif')\n";
}

}  // namespace

TEST_CASE("rasters of any size: a map of full size without holes") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  for (const auto& scene : {std::pair<std::string, ImageSize>{"tiny", {20, 20}},
                            {"narrow", {31, 700}},
                            {"high", {300, 17}},
                            {"large", {600, 601}}}) {
    const std::string& name = scene.first;
    const ImageSize& size = scene.second;
    CAPTURE(name);
    write_scene(work / (name + ".tif"), size);
    check_done(map(work, work / (name + ".tif"), "--quiet"));
    CHECK(
        python(reading(work) + "a = labels('" + name + "'); print(a.shape, bool((a < 7).all()))") ==
        fmt::format("({}, {}) True", size.height, size.width));
  }
}

TEST_CASE("rasters: no seams at the edges of windows") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "a.tif", {640, 640});
  check_done(map(work, work / "a.tif", "--quiet"));
  // Windows of 64 pixels at distances of 48.
  const std::string ratio = python(reading(work) + R"(
a = labels('a')
starts = list(range(0, 640 - 63, 48))
lines = sorted(set(starts[1:] + [s + 64 for s in starts[:-1]]))
ratios = []
for b in (a, a.T):
    changes = (b[:, 1:] != b[:, :-1]).mean(axis=0)
    at = np.zeros(639, bool)
    at[[x - 1 for x in lines]] = True
    ratios.append(changes[at].mean() / changes[~at].mean())
print(max(ratios))
)");
  MESSAGE("changes of class across the edges of windows against those elsewhere: " << ratio);
  CHECK(std::stod(ratio) < 1.1);
  // The comparison sees seams: without overlap there are some.
  check_done(map(work, work / "a.tif", "--quiet --overlap 0"));
  const std::string seams = python(reading(work) + R"(
a = labels('a')
changes = (a[:, 1:] != a[:, :-1]).mean(axis=0)
at = np.zeros(639, bool)
at[63::64] = True
print(changes[at].mean() / changes[~at].mean())
)");
  CHECK(std::stod(seams) > 1.1);
}

TEST_CASE("rasters: no data is where GDAL's mask says, whatever stands there") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "scene.tif", {150, 170});
  // A disk without data and a pixel that is nodata in one band only: as nodata, alpha, and mask band.
  REQUIRE(python(reading(work) + R"(
image = read('scene.tif')
image[image == 0] = 1
y, x = np.mgrid[:150, :170]
hidden = ((y - 60) ** 2 + (x - 90) ** 2 < 40 ** 2) | (y > 140)
def write(name, bands, kind, fill):
    gdal.SetConfigOption('GDAL_TIFF_INTERNAL_MASK', 'YES')
    out = gdal.GetDriverByName('GTiff').Create(work + name + '.tif', 170, 150, bands, options=['PHOTOMETRIC=RGB', 'ALPHA=YES'] if bands == 4 else [])
    out.SetGeoTransform((500000, .5, 0, 5200000, 0, -.5))
    srs = osr.SpatialReference(); srs.ImportFromEPSG(32633); out.SetProjection(srs.ExportToWkt())
    a = np.where(hidden, fill, image)
    if kind == 'nodata': a[0, 5, 5] = 0
    for b in range(3):
        if kind == 'nodata': out.GetRasterBand(b + 1).SetNoDataValue(0)
        out.GetRasterBand(b + 1).WriteArray(a[b])
    if kind == 'alpha': out.GetRasterBand(4).WriteArray(np.where(hidden, 0, 255).astype(np.uint8))
    if kind == 'mask':
        out.CreateMaskBand(gdal.GMF_PER_DATASET)
        out.GetRasterBand(1).GetMaskBand().WriteArray(np.where(hidden, 0, 255).astype(np.uint8))
noise = np.random.default_rng(1).integers(0, 256, image.shape)
write('nodata', 3, 'nodata', np.zeros_like(image))
for kind, bands in (('alpha', 4), ('mask', 3)):
    write(kind, bands, kind, np.zeros_like(image))
    write(kind + '_noise', bands, kind, noise)
np.save(work + 'hidden.npy', hidden)
print('written')
)") == "written");
  for (const char* const name : {"nodata", "alpha", "mask", "alpha_noise", "mask_noise"}) {
    CAPTURE(name);
    check_done(
        map(work, work / (std::string(name) + ".tif"), "--quiet --confidence --probabilities"));
    CHECK(python(reading(work) + "name = '" + name + R"('
hidden = np.load(work + 'hidden.npy')
source = gdal.Open(work + name + '.tif')
mask = np.zeros((150, 170), bool)
for b in range(1, 4): mask |= source.GetRasterBand(b).GetMaskBand().ReadAsArray() != 0
target = gdal.Open(work + 'maps/' + name + '_labels.tif')
out = target.GetRasterBand(1)
print((mask == ~hidden).all(), ((out.GetMaskBand().ReadAsArray() != 0) == mask).all(), out.GetNoDataValue(),
      (np.isnan(read('maps/' + name + '_confidence.tif')) == hidden).all(),
      (np.isnan(read('maps/' + name + '_probs.tif')) == hidden).all())
)") == "True True 255.0 True True");
  }
  for (const char* const name : {"alpha", "mask"}) {
    for (const char* const ending : {"_labels.tif", "_confidence.tif", "_probs.tif"}) {
      CAPTURE(ending);
      CHECK((contents(work / "maps" / (std::string(name) + ending)) ==
             contents(work / "maps" / (std::string(name) + "_noise" + ending))));
    }
  }
  // The value may be told instead.
  REQUIRE(contains(output_of("gdal_translate -q -a_nodata none " + (work / "nodata.tif").string() +
                             " " + (work / "told.tif").string() + " && echo done"),
                   "done"));
  check_done(map(work, work / "told.tif", "--quiet --nodata 0"));
  CHECK((contents(work / "maps/told_labels.tif") == contents(work / "maps/nodata_labels.tif")));
  // Nothing but nodata.
  write_raster(work / "empty.tif", Image(100, 100, 3), {.nodata = 0});
  const Outcome empty = map(work, work / "empty.tif");
  check_done(empty);
  CHECK(says(empty, "0 of 4 windows hold data"));
  CHECK(python(reading(work) + "print((labels('empty') == 255).all())") == "True");
}

TEST_CASE("rasters: probabilities and confidence agree with the labels") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "a.tif", {100, 130});
  check_done(map(work, work / "a.tif", "--quiet --probabilities --confidence"));
  CHECK(python(reading(work) + R"(
p, c, l = read('maps/a_probs.tif'), read('maps/a_confidence.tif'), labels('a')
probs = gdal.Open(work + 'maps/a_probs.tif')
print(p.shape, p.dtype, (p.argmax(axis=0) == l).all(), (np.minimum(p.max(axis=0), 1) == c).all(),
      bool(abs(p.sum(axis=0) - 1).max() < 1e-5), probs.GetRasterBand(2).GetDescription())
)") == "(7, 100, 130) float32 True True True agriculture_land");
}

TEST_CASE("rasters: 257 times a byte, and bands in another order, are the same raster") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  const Image image = write_scene(work / "plain.tif", {120, 110});
  Image wide(image.height, image.width, 3, DType::u16);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    wide.samples<std::uint16_t>()[i] = static_cast<std::uint16_t>(257 * image.pixels[i]);
  }
  write_raster(work / "wide.tif", wide, {.georeference = utm(0.5)});
  write_raster(work / "turned.tif", select_bands(image, Bands::parse("3,2,1"), ""),
               {.georeference = utm(0.5)});
  check_done(map(work, work / "plain.tif", "--quiet"));
  check_done(map(work, work / "wide.tif", "--quiet --scale 0,65535"));
  check_done(map(work, work / "turned.tif", "--quiet --bands 3,2,1"));
  const std::string expected = contents(work / "maps/plain_labels.tif");
  CHECK((contents(work / "maps/wide_labels.tif") == expected));
  CHECK((contents(work / "maps/turned_labels.tif") == expected));
  check_done(map(work, work / "turned.tif", "--quiet"));
  CHECK((contents(work / "maps/turned_labels.tif") != expected));

  const Outcome unscaled = map(work, work / "wide.tif");
  CHECK(unscaled.code == 2);
  CHECK(says(unscaled, "wide.tif has samples of u16, but the model was trained on bytes"));
  CHECK(says(unscaled, "--scale 0,65535"));
  const Outcome missing = map(work, work / "plain.tif", "--bands 4,2,1");
  CHECK(missing.code == 2);
  CHECK(says(missing, "band 4 is wanted, but the raster has 3"));
}

TEST_CASE("rasters of every sample type with 1, 3, 4 and 13 bands") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  const Image picture = synthesize(3, 0, {70, 80}).image;
  for (const Index bands : {1, 3, 4, 13}) {
    std::vector<Index> numbers;
    for (Index b = 0; b < bands; ++b) numbers.push_back(b % 3 + 1);
    write_raster(work / "all.tif", select_bands(picture, Bands(numbers), ""), {});
    const std::string model = (work / "model.safetensors").string();
    write_model(model, {.bands = Bands::first(bands)});
    for (const char* const type :
         {"Byte", "UInt16", "Int16", "UInt32", "Int32", "Float32", "Float64"}) {
      CAPTURE(bands);
      CAPTURE(type);
      REQUIRE(
          contains(output_of(fmt::format("gdal_translate -q -ot {} {} {} && echo done", type,
                                         (work / "all.tif").string(), (work / "one.tif").string())),
                   "done"));
      const std::string flags = "--quiet --scale 0,255 --checkpoint " + model + " --out " +
                                (work / fmt::format("{}-{}", type, bands)).string();
      check_done(map(work, work / "one.tif", flags));
      CHECK((contents(work / fmt::format("{}-{}", type, bands) / "one_labels.tif") ==
             contents(work / fmt::format("Byte-{}", bands) / "one_labels.tif")));
    }
  }
}

TEST_CASE("rasters: the map lies where the raster lies") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "rotated.tif", {70, 80},
              {.transform = {500000, 0.4, 0.3, 5200000, 0.3, -0.4}, .crs = "EPSG:32633"});
  write_scene(work / "oblong.tif", {70, 80},
              {.transform = {500000, 0.5, 0, 5200000, 0, -2}, .crs = "EPSG:32633"});
  write_scene(work / "degrees.tif", {70, 80},
              {.transform = {10, 0.001, 0, 60, 0, -0.001}, .crs = "EPSG:4326"});
  Georeference points;
  points.points = {{"a", "", 0, 0, 10, 60, 0},
                   {"b", "", 80, 0, 11, 60, 0},
                   {"c", "", 0, 70, 10, 59, 0},
                   {"d", "", 80, 70, 11.1, 59, 3}};
  points.points_crs = "EPSG:4326";
  write_scene(work / "points.tif", {70, 80}, points);
  write_scene(work / "nowhere.tif", {70, 80}, {});
  for (const std::string name : {"rotated", "oblong", "degrees", "points", "nowhere"}) {
    CAPTURE(name);
    const Outcome outcome = map(work, work / (name + ".tif"));
    check_done(outcome);
    CHECK(says(outcome, "no coordinate reference system") == (name == "nowhere"));
    const auto info = [](const fs::path& file) {
      return nlohmann::json::parse(output_of("gdalinfo -json " + file.string()));
    };
    const auto before = info(work / (name + ".tif")),
               after = info(work / "maps" / (name + "_labels.tif"));
    for (const char* const key : {"geoTransform", "coordinateSystem", "gcps", "size"}) {
      CAPTURE(key);
      CHECK(before.contains(key) == after.contains(key));
      if (before.contains(key)) CHECK(before.at(key) == after.at(key));
    }
  }
}

TEST_CASE("rasters: colours, names, overviews and the layout of the maps") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "a.tif", {700, 600});
  check_done(map(work, work / "a.tif", "--quiet"));
  const std::string info = output_of("gdalinfo " + (work / "maps/a_labels.tif").string());
  CAPTURE(info);
  for (const char* const text :
       {"Color Table (RGB", "0: 0,255,255,255", "Categories:", "0: urban_land", "NoData Value=255",
        "Block=512x512", "COMPRESSION=DEFLATE", "Overviews: "}) {
    CAPTURE(text);
    CHECK(contains(info, text));
  }
  CHECK(python(reading(work) + R"(
target = gdal.Open(work + 'maps/a_labels.tif')
band = target.GetRasterBand(1)
whole = set(np.unique(band.ReadAsArray()))
views = [band.GetOverview(i).ReadAsArray() for i in range(band.GetOverviewCount())]
print(len(views), all(set(np.unique(v)) <= whole for v in views))
)") == "2 True");
  // Blocks are written once: a copy is no smaller.
  REQUIRE(
      contains(output_of("gdal_translate -q -co TILED=YES -co BLOCKXSIZE=512 -co BLOCKYSIZE=512 "
                         "-co COMPRESS=DEFLATE -co COPY_SRC_OVERVIEWS=YES " +
                         (work / "maps/a_labels.tif").string() + " " +
                         (work / "copy.tif").string() + " && echo done"),
               "done"));
  CHECK(static_cast<double>(fs::file_size(work / "maps/a_labels.tif")) <=
        1.02 * static_cast<double>(fs::file_size(work / "copy.tif")));
  check_done(map(work, work / "a.tif",
                 "--quiet --cog --probabilities --out " + (work / "cloud").string()));
  for (const char* const name : {"a_labels.tif", "a_probs.tif"}) {
    CAPTURE(name);
    CHECK(python("from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate\n"
                 "warnings, errors, details = validate('" +
                 (work / "cloud" / name).string() +
                 "', full_check=True)\nprint(warnings, errors)") == "[] []");
  }
  const std::string compared =
      output_of("/usr/bin/gdalcompare.py " + (work / "maps/a_labels.tif").string() + " " +
                (work / "cloud/a_labels.tif").string());
  CAPTURE(compared);
  CHECK(!contains(compared, "Pixel"));
  CHECK(contains(output_of("gdalinfo " + (work / "cloud/a_labels.tif").string()), "0: urban_land"));
}

TEST_CASE("rasters: areas in hectares") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  const std::string csv = (work / "areas.csv").string();
  const auto areas = [&](const std::string& name) {
    check_done(map(work, work / (name + ".tif"), "--quiet --areas " + csv));
    return python(reading(work) + "name = '" + name + R"('
import csv
rows = list(csv.DictReader(open(work + 'areas.csv')))
a = labels(name)
print([r['class'] for r in rows][0], all(int(r['pixels']) == (a == i).sum() for i, r in enumerate(rows)),
      round(sum(float(r['share']) for r in rows), 4), round(sum(float(r['hectares'] or 'nan') for r in rows), 2))
)");
  };
  write_scene(work / "metres.tif", {100, 200}, utm(2));  // whose scale on the ground is 0.9996
  CHECK(areas("metres") == "urban_land True 1.0 8.01");
  // The ellipsoid between 0 and 1 degrees of latitude and 0 and 2 of longitude has 2461700 hectares.
  write_scene(work / "degrees.tif", {100, 200},
              {.transform = {0, 0.01, 0, 1, 0, -0.01}, .crs = "EPSG:4326"});
  const std::string degrees = areas("degrees");
  CHECK(std::stod(degrees.substr(degrees.rfind(' '))) == doctest::Approx(2461700).epsilon(0.001));
  write_scene(work / "nowhere.tif", {100, 200}, {});
  CHECK(areas("nowhere") == "urban_land True 1.0 nan");
}

TEST_CASE("rasters of another pixel size are read at the model's") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  const std::string model = (work / "model.safetensors").string();
  write_model_of_pixel_size(model, 0.5);
  write_scene(work / "original.tif", {300, 330}, utm(0.5));
  REQUIRE(contains(output_of("gdal_translate -q -outsize 200% 200% -r bilinear " +
                             (work / "original.tif").string() + " " +
                             (work / "enlarged.tif").string() + " && echo done"),
                   "done"));
  const std::string flags = "--probabilities --checkpoint " + model;
  const Outcome same = map(work, work / "original.tif", flags);
  check_done(same);
  CHECK(!says(same, "resampled"));
  const Outcome resampled = map(work, work / "enlarged.tif", flags);
  check_done(resampled);
  CHECK(says(resampled, "its pixels of 0.25 m x 0.25 m are read resampled to the 0.5 m"));
  const std::string compare = reading(work) + R"(
a, b = labels('original'), labels('enlarged')
p = read('maps/enlarged_probs.tif')
print(b.shape == (600, 660), (b < 7).all(), bool(abs(p.sum(axis=0) - 1).max() < 1e-5), (b == a.repeat(2, 0).repeat(2, 1)).mean())
)";
  const std::string agreement = python(compare);
  MESSAGE("agreement of a map with that of a twofold enlarged copy: " << agreement);
  REQUIRE(contains(agreement, "True True True "));
  CHECK(std::stod(agreement.substr(15)) >= 0.95);
  const Outcome kept = map(work, work / "enlarged.tif", flags + " --pixel-size keep");
  check_done(kept);
  CHECK(!says(kept, "resampled"));
  CHECK(std::stod(python(compare).substr(15)) < std::stod(agreement.substr(15)));
  // Degrees are converted at the raster's middle: half a metre at 60 degrees.
  const double degree = 111412;
  write_scene(work / "degrees.tif", {100, 100},
              {.transform = {10, 0.5 / 55800, 0, 60, 0, -0.5 / degree}, .crs = "EPSG:4326"});
  CHECK(!says(map(work, work / "degrees.tif", flags), "resampled"));
  // Coarser pixels, of which some lack data: no pixel with data lacks a label.
  REQUIRE(contains(output_of("gdal_translate -q -outsize 37% 41% -r average -a_nodata 0 " +
                             (work / "original.tif").string() + " " +
                             (work / "coarse.tif").string() + " && echo done"),
                   "done"));
  check_done(map(work, work / "coarse.tif", flags));
  CHECK(python(reading(work) + "print((labels('coarse') < 7).mean())") == "1.0");
  write_scene(work / "huge.tif", {20, 20}, utm(30));
  const Outcome huge = map(work, work / "huge.tif", flags);
  CHECK(huge.code == 1);
  CHECK(says(huge, "--pixel-size keep"));
}

TEST_CASE("pictures with --window go by windows, too") {
  const ScratchFolder work;
  const Image picture = synthesize(9, 1, {150, 130}).image;
  write_png(work / "a.png", picture);
  const std::string windows = "--window 64 --probabilities --confidence --overlay --quiet ";
  check_done(map(work, work / "a.png", windows));
  for (const char* const file :
       {"a_mask.png", "a_labels.png", "a_overlay.png", "a_probs.npy", "a_confidence.npy"}) {
    CAPTURE(file);
    CHECK(!contents(work / "maps" / file).empty());
  }
  CHECK(read_image(work / "maps/a_labels.png", {.bands = std::nullopt}).size_str() == "150x130");
  CHECK(!fs::exists(work / "maps/a_unfinished"));
  const Outcome odd = map(work, work / "a.png", "--window 50");
  CHECK(odd.code == 2);
  CHECK(says(odd, "--window 50x50: the network takes sides that are multiples of"));
  if (!has_gdal()) return;
  write_raster(work / "b.tif", picture, {});
  check_done(map(work, work / "b.tif", "--quiet"));
  CHECK(python(reading(work) + "print((read('maps/a_labels.png') == labels('b')).all())") ==
        "True");
}

TEST_CASE("rasters: polygons have the areas of the map") {
  if (!has_gdal()) return;
  const ScratchFolder work;
  write_scene(work / "a.tif", {200, 220}, utm(0.5));
  // A corner without data.
  REQUIRE(python(reading(work) + R"(
d = gdal.Open(work + 'a.tif', 1)
for b in range(1, 4):
    band = d.GetRasterBand(b); band.SetNoDataValue(0)
    a = band.ReadAsArray(); a[a == 0] = 1; a[:40, :50] = 0; band.WriteArray(a)
print('done')
)") == "done");
  const std::string judge = reading(work) + R"(
from osgeo import osr
a = labels('a')
d = ogr.Open(work + name)
layer = d.GetLayer(0)
srs = layer.GetSpatialRef()
utm = osr.SpatialReference(); utm.ImportFromEPSG(32633)
utm.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
to_utm = osr.CoordinateTransformation(srs, utm)
areas, hectares, valid, smallest, names = np.zeros(7), np.zeros(7), True, 1e9, set()
for f in layer:
    g = f.GetGeometryRef()
    valid = valid and g.IsValid() and g.GetGeometryName() == 'POLYGON'
    g.Transform(to_utm)
    areas[f['label']] += g.GetArea()
    hectares[f['label']] += f['hectares']
    smallest = min(smallest, g.GetArea())
    names.add((f['label'], f['class']))
wanted = np.array([(a == i).sum() * .25 for i in range(7)])
)";
  check_done(map(work, work / "a.tif", "--quiet --polygons " + (work / "a.gpkg").string()));
  // Labels of areas that touch at edges only, by NumPy: as many as the polygons.
  CHECK(python("name = 'a.gpkg'\n" + judge + R"(
parent = {}
def find(i):
    while parent[i] != i: i = parent[i]
    return i
h, w = a.shape
for i in range(h * w): parent[i] = i
flat = a.ravel()
for i in range(h * w):
    if i % w and flat[i] == flat[i - 1]: parent[find(i)] = find(i - 1)
    if i >= w and flat[i] == flat[i - w]: parent[find(i)] = find(i - w)
count = len({find(i) for i in range(h * w) if flat[i] != 255})
print(valid, np.allclose(areas, wanted, rtol=0, atol=1e-6), np.allclose(hectares * 1e4, wanted, rtol=2e-3), utm.IsSame(srs), layer.GetFeatureCount() == count, count > 3, (0, 'urban_land') in names or (1, 'agriculture_land') in names)
)") == "True True True 1 True True True");
  check_done(map(work, work / "a.tif", "--quiet --polygons " + (work / "a.geojson").string()));
  CHECK(python("name = 'a.geojson'\n" + judge + R"(
print(valid, np.allclose(areas, wanted, rtol=1e-4), srs.GetAuthorityCode(None))
)") == "True True 4326");
  check_done(map(work, work / "a.tif",
                 "--quiet --min-area 40 --polygons " + (work / "sieved.gpkg").string()));
  CHECK(python("name = 'sieved.gpkg'\n" + judge + R"(
print(valid, smallest >= 40, bool(abs(areas.sum() - wanted.sum()) < 1e-6))
)") == "True True True");
  CHECK(contains(output_of("ogrinfo -so -al " + (work / "a.gpkg").string()), "class: String"));
  for (const auto& entry : fs::directory_iterator(work.path())) {
    CHECK(!contains(entry.path().filename().string(), ".tmp-"));
  }

  const auto refused = [&](const std::string& flags, int code, const std::string& words) {
    const Outcome outcome = map(work, work / "b.tif", flags);
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(says(outcome, words));
  };
  write_scene(work / "b.tif", {70, 70}, {.transform = {0, 1, 0, 0, 0, -1}});
  refused("--polygons " + (work / "b.geojson").string(), 1, "no coordinate reference system");
  refused("--polygons " + (work / "b.shp").string(), 2, "expected a .gpkg or .geojson file");
  refused("--min-area 5", 2, "--min-area 5: needs --polygons");
  check_done(map(work, work / "b.tif", "--quiet --polygons " + (work / "b.gpkg").string()));
}

TEST_CASE("fpanet_tool synth --geotiff: scenes larger than a tile, with masks, in a place") {
  const ScratchFolder work;
  const auto synth = [&](const std::string& folder, const std::string& flags) {
    return run_program(work, "tool",
                       "synth --geotiff --out " + (work / folder).string() + " " + flags);
  };
  CHECK(run_program(work, "tool", "devices")
            .out.find(gdal_version() ? "rasters GDAL" : "rasters none") != std::string::npos);
  if (!gdal_version()) {
    const Outcome none = synth("a", "--count 1 --size 64");
    CHECK(none.code == 1);
    CHECK(says(none, "which this build lacks"));
    return;
  }
  if (!has_gdal()) return;
  check_done(synth("a", "--count 2 --size 100x1100 --bands 4 --type u16 --seed 3"));
  check_done(synth("b", "--count 2 --size 100x1100 --bands 4 --type u16 --seed 3 --threads 1"));
  CHECK((contents(work / "a/0001_sat.tif") == contents(work / "b/0001_sat.tif")));
  CHECK(python(reading(work) + R"(
a, b, m = gdal.Open(work + 'a/0000_sat.tif'), gdal.Open(work + 'a/0001_sat.tif'), gdal.Open(work + 'a/0000_mask.tif')
p = a.ReadAsArray()
print(p.shape, p.dtype, p.max() <= 4095, (p[:, :, 1024:] != 0).any(), (p != b.ReadAsArray()).any())
print(a.GetGeoTransform(), b.GetGeoTransform()[0], m.GetGeoTransform() == a.GetGeoTransform(), m.ReadAsArray().max() < 7)
)") == "(4, 100, 1100) uint16 True True True\n"
       "(500000.0, 0.5, 0.0, 5200000.0, 0.0, -0.5) 500550.0 True True");
  CHECK(synth("a", "--count 1 --size 64").code == 1);  // the folder is not empty
}
