#pragma once
// Writes GeoTIFF files from top to bottom: in tiles, each of which is compressed and written once, with
// overviews.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/class_table.hpp"
#include "data/georeference.hpp"
#include "data/image.hpp"

namespace fpanet {

enum class Overviews : std::uint8_t { none, mode, nearest };

struct RasterSpec {
  Index height = 0, width = 0, bands = 1;
  DType type = DType::u8;
  Georeference georeference = {};
  std::optional<double> nodata = std::nullopt;
  std::optional<ClassTable> classes =
      std::nullopt;  ///< colour table and category names of a band of labels
  std::vector<std::string> band_names = {};
  /// Smaller versions of the raster inside the file. Neither kind makes values that the raster lacks.
  Overviews overviews = Overviews::none;
  bool cloud_optimised = false;  ///< the layout that is read in parts over a network (COG)
};

/// A file that appears under its name only when it is complete; without commit() nothing remains. Names of
/// categories lie beside it in NAME.aux.xml, as GDAL keeps them. Files that may exceed 4 GB are BigTIFF. Every
/// failure throws an Error that names the file.
class RasterWriter {
 public:
  virtual ~RasterWriter() = default;
  /// Appends rows, which have the width, bands and type of the spec.
  virtual void write_rows(const Image& rows) = 0;
  /// Call when all rows are written.
  virtual void commit() = 0;
};

std::unique_ptr<RasterWriter> create_raster(const std::filesystem::path& file,
                                            const RasterSpec& spec);

}  // namespace fpanet
