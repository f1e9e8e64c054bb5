#include "data/synth_raster.hpp"

#include <algorithm>
#include <cstring>

#include "data/file_bytes.hpp"
#include "data/raster/raster.hpp"
#include "data/raster/raster_writer.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parallel.hpp"

namespace fpanet {
namespace {

constexpr Index kTile = 1024;       // side of the scenes of a mosaic
constexpr double kPixelSize = 0.5;  // in metres
constexpr double kEast = 500000, kNorth = 5200000;

struct Mosaic {
  std::uint64_t seed;
  Index number;  ///< of the scene
  ImageSize size;
  SynthPixels pixels;
  int threads;

  /// Images and labels of the rows from `top`, as many as a tile has.
  struct Rows {
    Image image, labels;
  };
  Rows rows(Index top) const {
    const Index height = std::min(kTile, size.height - top);
    const Index columns = divide_up(size.width, kTile);
    Rows all{Image(height, size.width, pixels.bands, pixels.type), Image(height, size.width, 1)};
    parallel_for(Cpu{threads}, columns, [&](Index column) {
      const Index left = column * kTile;
      // A series of its own for each scene: its tiles never occur in another.
      const Scene scene = synthesize(seed + static_cast<std::uint64_t>(number) * 1000003,
                                     top / kTile * columns + column,
                                     {height, std::min(kTile, size.width - left)}, pixels);
      paste(scene.image, left, all.image);
      paste(scene.labels.labels, left, all.labels);
    });
    return all;
  }

  static void paste(const Image& tile, Index left, Image& to) {
    for (Index y = 0; y < tile.height; ++y) {
      std::memcpy(to.at(y, left), tile.row(y), static_cast<std::size_t>(tile.row_bytes()));
    }
  }
};

}  // namespace

void write_synthetic_rasters(const std::filesystem::path& dir, Index count, const ImageSize& size,
                             std::uint64_t seed, int threads, const SynthPixels& pixels) {
  require_gdal(dir.string());
  make_new_folder(dir);
  const ClassTable classes = ClassTable::deepglobe();
  classes.write(dir / "class_dict.csv");
  for (Index number = 0; number < count; ++number) {
    const Mosaic mosaic{seed, number, size, pixels, threads};
    const double east = kEast + kPixelSize * static_cast<double>(number * size.width);
    RasterSpec spec{.height = size.height,
                    .width = size.width,
                    .bands = pixels.bands,
                    .type = pixels.type,
                    .georeference = {.transform = {east, kPixelSize, 0, kNorth, 0, -kPixelSize},
                                     .crs = "EPSG:32633"}};
    const std::string id = fmt::format("{:04}", number);
    const auto image = create_raster(dir / (id + "_sat.tif"), spec);
    spec.bands = 1;
    spec.type = DType::u8;
    spec.classes = classes;
    const auto mask = create_raster(dir / (id + "_mask.tif"), spec);
    for (Index top = 0; top < size.height; top += kTile) {
      const Mosaic::Rows rows = mosaic.rows(top);
      image->write_rows(rows.image);
      mask->write_rows(rows.labels);
    }
    mask->commit();
    image->commit();
  }
}

}  // namespace fpanet
