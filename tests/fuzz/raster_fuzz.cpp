// Our reader of rasters (not GDAL's formats): a raster in memory with the properties that the input says, read in the
// windows that it says.

#include <algorithm>
#include <array>
#include <cmath>

#include "data/raster/fill_missing.hpp"
#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"
#include "tests/fuzz/file_of.hpp"

namespace {

using namespace fpanet;

constexpr const char* kName = "/vsimem/input.tif";

/// Takes numbers from the input; 0 at its end.
struct Input {
  const std::uint8_t* data;
  std::size_t size;

  std::uint8_t byte() {
    if (size == 0) return 0;
    --size;
    return *data++;
  }
  Index below(Index end) { return (byte() * 256 + byte()) % end; }
};

void write(Input& input) {
  constexpr std::array kTypes{GDT_Byte,  GDT_UInt16,  GDT_Int16,   GDT_UInt32,
                              GDT_Int32, GDT_Float32, GDT_Float64, GDT_CFloat32};
  constexpr std::array kColours{GCI_GrayIndex, GCI_PaletteIndex, GCI_RedBand, GCI_AlphaBand};
  const int width = static_cast<int>(1 + input.below(40)),
            height = static_cast<int>(1 + input.below(40));
  const int bands = static_cast<int>(input.below(6));
  const GDALDataType type = kTypes[input.byte() % kTypes.size()];
  const auto how = gdal::options({"ALPHA=NO", "PHOTOMETRIC=MINISBLACK"});
  const gdal::DatasetPtr raster(GDALCreate(GDALGetDriverByName("GTiff"), kName, width, height,
                                           std::max(1, bands), type, how.get()));
  if (raster == nullptr) return;
  for (int number = 1; number <= bands; ++number) {
    const GDALRasterBandH band = GDALGetRasterBand(raster.get(), number);
    const std::uint8_t kind = input.byte();
    if (type == GDT_Byte && (kind & 1) != 0) {
      GDALSetRasterColorInterpretation(band, kColours[input.byte() % kColours.size()]);
    }
    if (type == GDT_Byte && bands == 1 && (kind & 2) != 0) {
      const GDALColorTableH table = GDALCreateColorTable(GPI_RGB);
      const GDALColorEntry entry{input.byte(), input.byte(), input.byte(), 255};
      GDALSetColorEntry(table, input.byte(), &entry);
      GDALSetRasterColorTable(band, table);
      GDALDestroyColorTable(table);
    }
    if ((kind & 4) != 0) {
      GDALSetRasterNoDataValue(band,
                               (kind & 8) != 0 ? std::nan("") : static_cast<double>(input.byte()));
    }
    std::vector<double> row(static_cast<std::size_t>(width));
    for (int y = 0; y < height; ++y) {
      for (double& value : row) value = static_cast<double>(input.byte());
      if ((kind & 16) != 0) row[0] = HUGE_VAL;
      if (GDALRasterIO(band, GF_Write, 0, y, width, 1, row.data(), width, 1, GDT_Float64, 0, 0) !=
          CE_None) {
        return;
      }
    }
  }
  if ((input.byte() & 1) != 0 &&
      GDALCreateDatasetMaskBand(raster.get(), GMF_PER_DATASET) == CE_None) {
    std::vector<std::uint8_t> mask(static_cast<std::size_t>(width * height));
    for (std::uint8_t& pixel : mask) pixel = (input.byte() & 1) != 0 ? 255 : 0;
    static_cast<void>(GDALRasterIO(GDALGetMaskBand(GDALGetRasterBand(raster.get(), 1)), GF_Write, 0,
                                   0, width, height, mask.data(), width, height, GDT_Byte, 0, 0));
  }
}

void read(Input& input) {
  RasterOptions options;
  for (Index i = input.below(4); i > 0; --i) options.bands.push_back(input.below(7));
  if ((input.byte() & 1) != 0) options.nodata = static_cast<double>(input.byte());
  const auto raster = open_raster(kName, options);
  const RasterInfo& info = raster->info();
  for (int i = 0; i < 4; ++i) {
    const double top =
        static_cast<double>(input.below(100)) / 100 * static_cast<double>(info.height);
    const double left =
        static_cast<double>(input.below(100)) / 100 * static_cast<double>(info.width);
    const SourceWindow window{top, left, static_cast<double>(input.below(4000)) / 99,
                              static_cast<double>(input.below(4000)) / 99};
    const Index height = 1 + input.below(50), width = 1 + input.below(50);
    RasterPatch patch;
    try {
      patch = raster->read(window, height, width);
    } catch (const Error&) {
      continue;  // a window outside the raster
    }
    must(patch.pixels.height == height && patch.pixels.width == width);
    must(std::ssize(patch.pixels.pixels) == height * patch.pixels.row_bytes());
    must(std::ssize(patch.valid) == height * width);
    must(options.bands.empty() || patch.pixels.channels == std::ssize(options.bands));
    must(std::ranges::all_of(patch.valid, [](std::uint8_t v) { return v <= 1; }));
    fill_missing(patch);
    if (patch.pixels.type != DType::f32) continue;
    must(std::ranges::all_of(patch.pixels.samples<float>(),
                             [](float v) { return std::isfinite(v); }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gdal::start();
  Input input{data, size};
  {
    const gdal::Errors quiet;
    write(input);
  }
  try {
    read(input);
  } catch (const Error&) {
  }
  const gdal::Errors quiet;
  VSIUnlink(kName);
  VSIUnlink((std::string(kName) + ".msk").c_str());
  VSIUnlink((std::string(kName) + ".aux.xml").c_str());
  return 0;
}
