#pragma once
// Rasters: pictures of any size with a place on the ground, such as GeoTIFF files. GDAL reads them, window
// by window. A build without GDAL has the same functions, which throw an Error that says how to get it.

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/georeference.hpp"
#include "data/image.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

/// The version of GDAL, such as "3.6.2"; nothing where rasters cannot be read.
std::optional<std::string> gdal_version();
/// Why rasters cannot be read, and what to do: the build has no GDAL, or this machine has not. Empty if they can.
std::string why_no_gdal();

struct RasterInfo {
  std::string name;
  Index height = 0, width = 0;
  Index bands = 0;  ///< of the picture: without alpha; 3 for a band of colour indices
  DType type = DType::u8;
  std::optional<double> nodata = std::nullopt;  ///< of the first band
  std::optional<Index> alpha = std::nullopt;    ///< number of the alpha band, from 1
  bool has_gaps =
      false;  ///< whether pixels may be without data: there is a nodata value, alpha or a mask
  Georeference georeference = {};
};

struct RasterOptions {
  /// Numbers of the bands to read, from 1, as GDAL counts them; empty: all, without alpha. An alpha band that
  /// is named here is read as a band of the picture and hides no pixel. Colour indices have the bands 1 to 3:
  /// red, green and blue.
  std::vector<Index> bands = {};
  /// Takes the place of the nodata value that the file declares.
  std::optional<double> nodata = std::nullopt;
  /// Samples are labels: colour indices stay indices, and resampling takes the nearest pixel.
  bool labels = false;
};

/// A rectangle in pixels that may begin and end inside a pixel.
struct SourceWindow {
  double top = 0, left = 0, height = 0, width = 0;
};

/// Pixels, and which of them hold data.
struct RasterPatch {
  Image pixels;
  std::vector<std::uint8_t> valid;  ///< 1 for each pixel with data, else 0
};

/// An open raster. Every member throws an Error that names the file if it cannot be read. Use it from one
/// thread at a time.
class RasterReader {
 public:
  virtual ~RasterReader() = default;
  virtual const RasterInfo& info() const = 0;
  /// The chosen bands of `window`, resampled to height x width pixels: averaged where that makes them fewer,
  /// interpolated linearly where it makes them more. The window must lie inside the raster.
  virtual RasterPatch read(const SourceWindow& window, Index height, Index width) = 0;
  /// Which pixels of `window` hold data, as GDAL's data set mask says: all but those whose alpha is 0, that the
  /// mask band hides, or that have the nodata value in every band.
  virtual std::vector<std::uint8_t> read_valid(const Window& window) = 0;

  RasterPatch read(const Window& window) {
    return read({static_cast<double>(window.top), static_cast<double>(window.left),
                 static_cast<double>(window.height), static_cast<double>(window.width)},
                window.height, window.width);
  }
};

/// Opens a raster in any format that GDAL reads. Samples of 32 and 64 bits become f32. Throws Error for files
/// without bands, with complex samples or without one of the bands (TooFewBands).
std::unique_ptr<RasterReader> open_raster(const std::filesystem::path& file,
                                          const RasterOptions& options = {});

/// Ground lengths in metres of the sides of the pixel in the middle of an image: along a row, along a column.
/// Nothing if the place or its coordinate reference system is unknown.
std::optional<std::array<double, 2>> metres_per_pixel(const Georeference& place, Index height,
                                                      Index width);

/// Square metres of the pixel in the middle of each row of an image; empty if metres_per_pixel is nothing.
std::vector<double> pixel_areas(const Georeference& place, Index height, Index width);

/// Whether two coordinate reference systems in WKT are the same one, however they are written.
bool same_crs(const std::string& a, const std::string& b);
/// "EPSG:32633" or, of a coordinate reference system without a number, its name; "none" of an empty one.
std::string crs_name(const std::string& wkt);

/// Throws Error with why_no_gdal() unless that is empty. `name` is the raster.
inline void require_gdal(const std::string& name) {
  const std::string why = why_no_gdal();
  require(why.empty(), "{}: {}", name, why);
}

}  // namespace fpanet
