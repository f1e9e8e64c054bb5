#include "data/raster/gdal.hpp"

#include "data/raster/raster.hpp"

namespace fpanet {

std::optional<std::string> gdal_version() {
  if (!gdal::why_missing().empty()) return std::nullopt;
  return gdal::GDALVersionInfo("RELEASE_NAME");
}

std::string why_no_gdal() {
  return gdal::why_missing();
}

namespace gdal {

void start() {
  static const bool started = [] {
    GDALAllRegister();
    // GDAL's own default, a share of the machine's memory, grows with the machine.
    constexpr GIntBig kCacheBytes = GIntBig{256} << 20;
    if (CPLGetConfigOption("GDAL_CACHEMAX", nullptr) == nullptr) GDALSetCacheMax64(kCacheBytes);
    return true;
  }();
  static_cast<void>(started);
}

Errors::Errors() {
  CPLErrorReset();
  CPLPushErrorHandlerEx(on_error, this);
}

Errors::~Errors() {
  CPLPopErrorHandler();
}

void CPL_STDCALL Errors::on_error(CPLErr kind, CPLErrorNum /*number*/, const char* message) {
  auto& errors = *static_cast<Errors*>(CPLGetErrorHandlerUserData());
  if (kind < CE_Failure) return;
  if (!errors.failed_) errors.first_ = message;
  errors.failed_ = true;
}

std::string Errors::text() const {
  return failed_ ? first_ : "GDAL gives no reason";
}

void Errors::check(bool ok, std::string_view name, std::string_view what) const {
  if (!ok || failed_) fail("{}: cannot {}: {}", name, what, text());
}

SpatialRef spatial_ref(const std::string& wkt) {
  if (wkt.empty()) return nullptr;
  const Errors quiet;
  SpatialRef reference(OSRNewSpatialReference(nullptr));
  if (OSRSetFromUserInput(reference.get(), wkt.c_str()) != OGRERR_NONE) return nullptr;
  OSRSetAxisMappingStrategy(reference.get(), OAMS_TRADITIONAL_GIS_ORDER);
  return reference;
}

Strings options(std::initializer_list<std::string> texts) {
  char** list = nullptr;
  for (const std::string& text : texts) list = CSLAddString(list, text.c_str());
  return Strings(list);
}

GDALDataType type_of(DType type) {
  switch (type) {
    case DType::u8:
      return GDT_Byte;
    case DType::u16:
      return GDT_UInt16;
    case DType::i16:
      return GDT_Int16;
    case DType::f32:
      return GDT_Float32;
    default:
      fail("rasters: samples of type {}, expected u8, u16, i16 or f32", name_of(type));
  }
}

}  // namespace gdal
}  // namespace fpanet
