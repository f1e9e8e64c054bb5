#include <algorithm>
#include <system_error>

#include "data/raster/gdal.hpp"
#include "data/raster/raster_writer.hpp"
#include "engine/core/atomic_file.hpp"

namespace fpanet {

using namespace gdal;

namespace {

constexpr Index kTile = 512;          // height and width of the tiles of a file
constexpr Index kSmallestView = 256;  // an overview whose longer side is at most this is the last

/// The file, and what GDAL keeps beside it.
std::filesystem::path beside(std::filesystem::path file) {
  file += ".aux.xml";
  return file;
}

std::vector<int> overview_factors(Index height, Index width) {
  std::vector<int> factors;
  for (Index longer = std::max(height, width), factor = 2; longer > kSmallestView; factor *= 2) {
    factors.push_back(static_cast<int>(factor));
    longer = (longer + 1) / 2;
  }
  return factors;
}

class GdalWriter : public RasterWriter {
 public:
  GdalWriter(std::filesystem::path file, const RasterSpec& spec)
      : file_(std::move(file)),
        temporary_(temporary_beside(file_)),
        spec_(spec),
        waiting_(0, spec.width, spec.bands, spec.type) {
    require_gdal(file_.string());
    gdal::start();
    const gdal::Errors errors;
    const bool colours = spec.bands >= 3 && spec.type != DType::f32;
    const auto how = gdal::options(
        {"TILED=YES", fmt::format("BLOCKXSIZE={}", kTile), fmt::format("BLOCKYSIZE={}", kTile),
         "COMPRESS=DEFLATE", spec.type == DType::f32 ? "PREDICTOR=3" : "PREDICTOR=1",
         "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER",
         colours ? "PHOTOMETRIC=RGB" : "PHOTOMETRIC=MINISBLACK", "ALPHA=NO"});
    dataset_.reset(GDALCreate(GDALGetDriverByName("GTiff"), temporary_.c_str(),
                              static_cast<int>(spec.width), static_cast<int>(spec.height),
                              static_cast<int>(spec.bands), gdal::type_of(spec.type), how.get()));
    errors.check(dataset_ != nullptr, file_.string(), "create the raster");
    // Everything that the file's directory holds comes before the first tile, so that the directory is
    // written once.
    set_place();
    describe_bands();
    errors.check(true, file_.string(), "write the raster's description");
  }

  ~GdalWriter() override {
    const gdal::Errors quiet;
    dataset_.reset();
    remove_temporary();
  }

  void write_rows(const Image& rows) override {
    require(rows.width == spec_.width && rows.channels == spec_.bands && rows.type == spec_.type &&
                next_ + waiting_.height + rows.height <= spec_.height,
            "{}: {} rows of {} pixels with {} bands of {} do not fit behind row {} of a raster of "
            "{}x{} with {} of {}",
            file_.string(), rows.height, rows.width, rows.channels, name_of(rows.type),
            next_ + waiting_.height, spec_.height, spec_.width, spec_.bands, name_of(spec_.type));
    waiting_.pixels.insert(waiting_.pixels.end(), rows.pixels.begin(), rows.pixels.end());
    waiting_.height += rows.height;
    const bool last = next_ + waiting_.height == spec_.height;
    write_waiting(last ? waiting_.height : waiting_.height / kTile * kTile);
  }

  void commit() override {
    require(next_ == spec_.height, "{}: {} of {} rows were written", file_.string(),
            next_ + waiting_.height, spec_.height);
    const gdal::Errors errors;
    if (spec_.overviews != Overviews::none && !spec_.cloud_optimised) build_overviews(errors);
    GDALFlushCache(dataset_.get());
    errors.check(true, file_.string(), "write the raster");
    if (spec_.cloud_optimised) rewrite_for_the_cloud(errors);
    dataset_.reset();
    errors.check(true, file_.string(), "write the raster");
    std::error_code missing;
    if (std::filesystem::exists(beside(temporary_), missing)) {
      move_into_place(beside(temporary_), beside(file_));
    } else {
      std::filesystem::remove(beside(file_), missing);  // of a file that is replaced
    }
    move_into_place(temporary_, file_);
  }

 private:
  void set_place() {
    const Georeference& place = spec_.georeference;
    const gdal::SpatialRef crs = gdal::spatial_ref(place.crs);
    if (!place.points.empty()) {
      std::vector<GDAL_GCP> points;
      for (const GroundControlPoint& p : place.points) {
        points.push_back({const_cast<char*>(p.id.c_str()), const_cast<char*>(p.info.c_str()),
                          p.column, p.row, p.x, p.y, p.z});
      }
      const gdal::SpatialRef points_crs = gdal::spatial_ref(place.points_crs);
      GDALSetGCPs2(dataset_.get(), static_cast<int>(points.size()), points.data(),
                   points_crs.get());
      return;
    }
    if (crs != nullptr) GDALSetSpatialRef(dataset_.get(), crs.get());
    if (place.is_known()) {
      std::array<double, 6> transform = place.transform;
      GDALSetGeoTransform(dataset_.get(), transform.data());
    }
  }

  void describe_bands() {
    for (int number = 1; number <= static_cast<int>(spec_.bands); ++number) {
      const GDALRasterBandH band = GDALGetRasterBand(dataset_.get(), number);
      if (spec_.nodata) GDALSetRasterNoDataValue(band, *spec_.nodata);
      const auto i = static_cast<std::size_t>(number - 1);
      if (i < spec_.band_names.size()) GDALSetDescription(band, spec_.band_names[i].c_str());
    }
    if (spec_.classes) describe_classes(GDALGetRasterBand(dataset_.get(), 1));
  }

  void describe_classes(GDALRasterBandH band) {
    const std::unique_ptr<std::remove_pointer_t<GDALColorTableH>,
                          gdal::Close<&GDALDestroyColorTable>>
        colors(GDALCreateColorTable(GPI_RGB));
    gdal::Strings names;
    int number = 0;
    for (const ClassInfo& info : spec_.classes->classes()) {
      const GDALColorEntry color{info.color[0], info.color[1], info.color[2], 255};
      GDALSetColorEntry(colors.get(), number++, &color);
      names.reset(CSLAddString(names.release(), info.name.c_str()));
    }
    GDALSetRasterColorTable(band, colors.get());
    GDALSetRasterCategoryNames(band, names.get());
  }

  /// Writes the first rows of those that wait: whole rows of tiles, or what is left of the raster.
  void write_waiting(Index rows) {
    if (rows == 0) return;
    const gdal::Errors errors;
    CPLErr result = GDALDatasetRasterIO(
        dataset_.get(), GF_Write, 0, static_cast<int>(next_), static_cast<int>(spec_.width),
        static_cast<int>(rows), waiting_.pixels.data(), static_cast<int>(spec_.width),
        static_cast<int>(rows), gdal::type_of(spec_.type), static_cast<int>(spec_.bands), nullptr,
        static_cast<int>(waiting_.pixel_bytes()), static_cast<int>(waiting_.row_bytes()),
        static_cast<int>(size_of(spec_.type)));
    for (int number = 1; result == CE_None && number <= static_cast<int>(spec_.bands); ++number) {
      result = GDALFlushRasterCache(GDALGetRasterBand(dataset_.get(), number));
    }
    errors.check(result == CE_None, file_.string(), "write the raster");
    waiting_.pixels.erase(waiting_.pixels.begin(),
                          waiting_.pixels.begin() + rows * waiting_.row_bytes());
    waiting_.height -= rows;
    next_ += rows;
  }

  const char* resampling() const { return spec_.overviews == Overviews::mode ? "MODE" : "NEAREST"; }

  void build_overviews(const gdal::Errors& errors) {
    std::vector<int> factors = overview_factors(spec_.height, spec_.width);
    if (factors.empty()) return;
    const CPLErr result =
        GDALBuildOverviews(dataset_.get(), resampling(), static_cast<int>(factors.size()),
                           factors.data(), 0, nullptr, nullptr, nullptr);
    errors.check(result == CE_None, file_.string(), "make the overviews");
  }

  void rewrite_for_the_cloud(const gdal::Errors& errors) {
    const std::filesystem::path copy = temporary_beside(file_);
    const auto how = gdal::options(
        {"COMPRESS=DEFLATE", fmt::format("BLOCKSIZE={}", kTile),
         spec_.type == DType::f32 ? "PREDICTOR=YES" : "PREDICTOR=NO", "BIGTIFF=IF_SAFER",
         spec_.overviews == Overviews::none ? "OVERVIEWS=NONE" : "OVERVIEWS=IGNORE_EXISTING",
         fmt::format("OVERVIEW_RESAMPLING={}", resampling())});
    const gdal::DatasetPtr written(GDALCreateCopy(GDALGetDriverByName("COG"), copy.c_str(),
                                                  dataset_.get(), FALSE, how.get(), nullptr,
                                                  nullptr));
    const bool ok = written != nullptr && !errors.failed();
    dataset_.reset();
    remove_temporary();
    temporary_ = copy;
    errors.check(ok, file_.string(), "write the cloud-optimised raster");
  }

  void remove_temporary() const {
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
    std::filesystem::remove(beside(temporary_), ignored);
  }

  std::filesystem::path file_, temporary_;
  RasterSpec spec_;
  gdal::DatasetPtr dataset_;
  Image waiting_;   ///< rows that do not fill a row of tiles yet
  Index next_ = 0;  ///< row of the raster that the first waiting one is
};

}  // namespace

std::unique_ptr<RasterWriter> create_raster(const std::filesystem::path& file,
                                            const RasterSpec& spec) {
  return std::make_unique<GdalWriter>(file, spec);
}

}  // namespace fpanet
