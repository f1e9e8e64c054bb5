#include "data/raster/polygons.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>

#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"
#include "engine/core/atomic_file.hpp"

namespace fpanet {

using namespace gdal;

namespace {

using Geometry =
    std::unique_ptr<std::remove_pointer_t<OGRGeometryH>, gdal::Close<&OGR_G_DestroyGeometry>>;
using Feature = std::unique_ptr<std::remove_pointer_t<OGRFeatureH>, gdal::Close<&OGR_F_Destroy>>;
using Transformation = std::unique_ptr<std::remove_pointer_t<OGRCoordinateTransformationH>,
                                       gdal::Close<&OCTDestroyCoordinateTransformation>>;

/// A file that is removed at the end, with what GDAL and SQLite keep beside it.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& beside) : path_(temporary_beside(beside)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    for (const char* const ending : {"", "-journal", "-wal", "-shm", ".aux.xml"}) {
      std::error_code ignored;
      std::filesystem::remove(path_.string() + ending, ignored);
    }
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void add_field(OGRLayerH layer, const char* name, OGRFieldType type) {
  const OGRFieldDefnH field = OGR_Fld_Create(name, type);
  OGR_L_CreateField(layer, field, FALSE);
  OGR_Fld_Destroy(field);
}

/// The raster of labels, where it lies, and what its pixels measure.
struct Labels {
  gdal::DatasetPtr dataset;
  std::array<double, 6> transform{};
  gdal::SpatialRef crs;
  std::vector<double> pixel_areas;  ///< in square metres, of each row; empty if unknown

  GDALRasterBandH band() const { return GDALGetRasterBand(dataset.get(), 1); }
};

Labels open_labels(const std::filesystem::path& file, const gdal::Errors& errors) {
  Labels labels;
  labels.dataset.reset(
      GDALOpenEx(file.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, nullptr, nullptr, nullptr));
  errors.check(labels.dataset != nullptr, file.string(), "open the raster");
  GDALGetGeoTransform(labels.dataset.get(), labels.transform.data());
  const OGRSpatialReferenceH crs = GDALGetSpatialRef(labels.dataset.get());
  if (crs != nullptr) labels.crs.reset(OSRClone(crs));
  labels.pixel_areas =
      pixel_areas(open_raster(file)->info().georeference, GDALGetRasterYSize(labels.dataset.get()),
                  GDALGetRasterXSize(labels.dataset.get()));
  return labels;
}

/// A copy of the labels in which areas of fewer pixels than `threshold` belong to a neighbour.
gdal::DatasetPtr sieved(const Labels& labels, const std::filesystem::path& copy, int threshold,
                        const gdal::Errors& errors) {
  const auto how = gdal::options({"COMPRESS=DEFLATE", "TILED=YES", "BIGTIFF=IF_SAFER"});
  gdal::DatasetPtr smoothed(GDALCreate(
      GDALGetDriverByName("GTiff"), copy.c_str(), GDALGetRasterXSize(labels.dataset.get()),
      GDALGetRasterYSize(labels.dataset.get()), 1, GDT_Byte, how.get()));
  errors.check(smoothed != nullptr, copy.string(), "create the raster");
  std::array<double, 6> transform = labels.transform;  // that of the polygons
  GDALSetGeoTransform(smoothed.get(), transform.data());
  const CPLErr result = GDALSieveFilter(labels.band(), GDALGetMaskBand(labels.band()),
                                        GDALGetRasterBand(smoothed.get(), 1), threshold, 4, nullptr,
                                        nullptr, nullptr);
  errors.check(result == CE_None, copy.string(), "sieve the labels");
  return smoothed;
}

/// The polygons of all areas, with the label as their only field.
gdal::DatasetPtr polygonised(const Labels& labels, GDALRasterBandH band,
                             const std::filesystem::path& file, const gdal::Errors& errors) {
  gdal::DatasetPtr raw(
      GDALCreate(GDALGetDriverByName("GPKG"), file.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  errors.check(raw != nullptr, file.string(), "create the polygons");
  const OGRLayerH layer =
      GDALDatasetCreateLayer(raw.get(), "areas", labels.crs.get(), wkbPolygon, nullptr);
  errors.check(layer != nullptr, file.string(), "create the polygons");
  add_field(layer, "label", OFTInteger);
  GDALDatasetStartTransaction(raw.get(), FALSE);
  // Without the option 8CONNECTED, pixels that touch at corners are not connected.
  const CPLErr result =
      GDALPolygonize(band, GDALGetMaskBand(labels.band()), layer, 0, nullptr, nullptr, nullptr);
  errors.check(result == CE_None, file.string(), "make the polygons");
  GDALDatasetCommitTransaction(raw.get());
  return raw;
}

/// Square metres of a polygon in the raster's coordinates; nothing if unknown.
std::optional<double> area_of(OGRGeometryH polygon, const Labels& labels) {
  if (labels.pixel_areas.empty()) return std::nullopt;
  const std::array<double, 6>& t = labels.transform;
  const double determinant = t[1] * t[5] - t[2] * t[4];
  OGREnvelope box;
  OGR_G_GetEnvelope(polygon, &box);
  const double x = (box.MinX + box.MaxX) / 2 - t[0], y = (box.MinY + box.MaxY) / 2 - t[3];
  const double row = (t[1] * y - t[4] * x) / determinant;
  const auto last = static_cast<double>(labels.pixel_areas.size() - 1);
  const auto nearest = static_cast<std::size_t>(std::clamp(std::floor(row), 0.0, last));
  return OGR_G_Area(polygon) / std::abs(determinant) * labels.pixel_areas[nearest];
}

/// Writes the layer of the final file.
class PolygonWriter {
 public:
  PolygonWriter(const std::filesystem::path& name, const std::filesystem::path& file,
                const Labels& labels, const gdal::Errors& errors)
      : name_(name.string()), labels_(labels), errors_(errors) {
    const bool json = name.extension() == ".geojson";
    dataset_.reset(GDALCreate(GDALGetDriverByName(json ? "GeoJSON" : "GPKG"), file.c_str(), 0, 0, 0,
                              GDT_Unknown, nullptr));
    errors.check(dataset_ != nullptr, name_, "create the polygons");
    if (json) {
      wgs84_ = gdal::spatial_ref("EPSG:4326");
      OSRSetAxisMappingStrategy(labels.crs.get(), OAMS_TRADITIONAL_GIS_ORDER);
      to_wgs84_.reset(OCTNewCoordinateTransformation(labels.crs.get(), wgs84_.get()));
      errors.check(to_wgs84_ != nullptr, name_, "find the way to WGS84");
    }
    const auto how =
        json ? gdal::options({"RFC7946=YES", "COORDINATE_PRECISION=9"}) : gdal::options({});
    layer_ = GDALDatasetCreateLayer(dataset_.get(), "land_cover",
                                    json ? wgs84_.get() : labels.crs.get(), wkbPolygon, how.get());
    errors.check(layer_ != nullptr, name_, "create the polygons");
    add_field(layer_, "label", OFTInteger);
    add_field(layer_, "class", OFTString);
    add_field(layer_, "hectares", OFTReal);
    if (!json) GDALDatasetStartTransaction(dataset_.get(), FALSE);
  }

  void add(OGRFeatureH area, const ClassTable& classes) {
    constexpr double kHectare = 10000;
    const int label = OGR_F_GetFieldAsInteger(area, 0);
    Geometry polygon(OGR_G_Clone(OGR_F_GetGeometryRef(area)));
    const std::optional<double> metres = area_of(polygon.get(), labels_);
    if (to_wgs84_ != nullptr) {
      const bool ok = OGR_G_Transform(polygon.get(), to_wgs84_.get()) == OGRERR_NONE;
      errors_.check(ok, name_, "transform a polygon to WGS84");
    }
    const Feature feature(OGR_F_Create(OGR_L_GetLayerDefn(layer_)));
    OGR_F_SetFieldInteger(feature.get(), 0, label);
    OGR_F_SetFieldString(feature.get(), 1, classes.name(label).c_str());
    if (metres) OGR_F_SetFieldDouble(feature.get(), 2, *metres / kHectare);
    OGR_F_SetGeometryDirectly(feature.get(), polygon.release());
    const bool ok = OGR_L_CreateFeature(layer_, feature.get()) == OGRERR_NONE;
    errors_.check(ok, name_, "write a polygon");
  }

  void finish() {
    GDALDatasetCommitTransaction(dataset_.get());
    dataset_.reset();
    errors_.check(true, name_, "write the polygons");
  }

 private:
  std::string name_;
  const Labels& labels_;
  const gdal::Errors& errors_;
  gdal::DatasetPtr dataset_;
  gdal::SpatialRef wgs84_;
  Transformation to_wgs84_;
  OGRLayerH layer_ = nullptr;
};

}  // namespace

void write_polygons(const std::filesystem::path& file, const std::filesystem::path& labels_file,
                    const ClassTable& classes, double min_area) {
  gdal::start();
  const gdal::Errors errors;
  const Labels labels = open_labels(labels_file, errors);
  const Temporary sieved_file(file), raw_file(file), written(file);
  gdal::DatasetPtr smoothed;
  if (min_area > 0) {
    require(!labels.pixel_areas.empty(),
            "{}: --min-area {} needs a raster whose coordinate reference system tells the size of "
            "its pixels",
            file.string(), min_area);
    const double pixel = labels.pixel_areas[labels.pixel_areas.size() / 2];
    const double pixels = std::min(std::ceil(min_area / pixel), 2147483647.0);
    if (pixels > 1) {
      smoothed = sieved(labels, sieved_file.path(), static_cast<int>(pixels), errors);
    }
  }
  const GDALRasterBandH band =
      smoothed == nullptr ? labels.band() : GDALGetRasterBand(smoothed.get(), 1);
  const gdal::DatasetPtr raw = polygonised(labels, band, raw_file.path(), errors);
  PolygonWriter writer(file, written.path(), labels, errors);
  const OGRLayerH areas = GDALDatasetGetLayer(raw.get(), 0);
  OGR_L_ResetReading(areas);
  while (const Feature area{OGR_L_GetNextFeature(areas)}) writer.add(area.get(), classes);
  writer.finish();
  move_into_place(written.path(), file);
}

}  // namespace fpanet
