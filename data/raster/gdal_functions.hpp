#pragma once
// The functions of GDAL's C interface. GDAL is loaded when the first raster is opened, not at program
// start: loading takes a tenth of a second and 32 MB, for a hundred libraries that pictures do not need.
// Therefore nothing links against it. A source with `using namespace gdal` inside namespace fpanet calls
// the functions by their own names and finds these objects in place of GDAL's declarations. A call to a
// function that is not listed does not link.

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include <atomic>
#include <string>

namespace fpanet::gdal {

/// The function of GDAL called `name`. The first call loads the library, which stays loaded. Throws Error with the
/// text of why_missing() if that is not empty.
void* find_function(const char* name);
/// Empty if the library can be loaded and has every function of the list, else what is wrong and what to do.
std::string why_missing();

template <class Declared>
class Function;

/// A function that is looked for when it is first called.
template <class Result, class... Arguments>
class Function<Result(Arguments...)> {
 public:
  constexpr explicit Function(const char* name) : name_(name) {}
  Result operator()(Arguments... arguments) const {
    Pointer function = found_.load(std::memory_order_acquire);
    if (function == nullptr) {
      function = reinterpret_cast<Pointer>(find_function(name_));
      found_.store(function, std::memory_order_release);
    }
    return function(arguments...);
  }

 private:
  using Pointer = Result (*)(Arguments...);

  const char* name_;
  mutable std::atomic<Pointer> found_ = nullptr;
};

#define FPANET_GDAL_FUNCTIONS(X)        \
  X(CPLErrorReset)                      \
  X(CPLGetConfigOption)                 \
  X(CPLGetErrorHandlerUserData)         \
  X(CPLPopErrorHandler)                 \
  X(CPLPushErrorHandlerEx)              \
  X(CSLAddString)                       \
  X(CSLCount)                           \
  X(CSLDestroy)                         \
  X(CSLFetchNameValue)                  \
  X(GDALAllRegister)                    \
  X(GDALBuildOverviews)                 \
  X(GDALClose)                          \
  X(GDALCreate)                         \
  X(GDALCreateColorTable)               \
  X(GDALCreateCopy)                     \
  X(GDALDataTypeIsComplex)              \
  X(GDALDataTypeUnion)                  \
  X(GDALDatasetCommitTransaction)       \
  X(GDALDatasetCreateLayer)             \
  X(GDALDatasetGetLayer)                \
  X(GDALDatasetRasterIO)                \
  X(GDALDatasetRasterIOEx)              \
  X(GDALDatasetStartTransaction)        \
  X(GDALDestroyColorTable)              \
  X(GDALFlushCache)                     \
  X(GDALFlushRasterCache)               \
  X(GDALGCPsToGeoTransform)             \
  X(GDALGetColorEntryAsRGB)             \
  X(GDALGetColorEntryCount)             \
  X(GDALGetDataTypeName)                \
  X(GDALGetDefaultRAT)                  \
  X(GDALGetDriverByName)                \
  X(GDALGetGCPCount)                    \
  X(GDALGetGCPSpatialRef)               \
  X(GDALGetGCPs)                        \
  X(GDALGetGeoTransform)                \
  X(GDALGetMaskBand)                    \
  X(GDALGetMaskFlags)                   \
  X(GDALGetMetadata)                    \
  X(GDALGetMetadataItem)                \
  X(GDALGetRasterBand)                  \
  X(GDALGetRasterCategoryNames)         \
  X(GDALGetRasterColorInterpretation)   \
  X(GDALGetRasterColorTable)            \
  X(GDALGetRasterCount)                 \
  X(GDALGetRasterDataType)              \
  X(GDALGetRasterNoDataValue)           \
  X(GDALGetRasterXSize)                 \
  X(GDALGetRasterYSize)                 \
  X(GDALGetSpatialRef)                  \
  X(GDALOpenEx)                         \
  X(GDALPolygonize)                     \
  X(GDALRATGetColumnCount)              \
  X(GDALRATGetRowCount)                 \
  X(GDALRATGetUsageOfCol)               \
  X(GDALRATGetValueAsInt)               \
  X(GDALRATGetValueAsString)            \
  X(GDALRasterIOEx)                     \
  X(GDALSetCacheMax64)                  \
  X(GDALSetColorEntry)                  \
  X(GDALSetDescription)                 \
  X(GDALSetGCPs2)                       \
  X(GDALSetGeoTransform)                \
  X(GDALSetRasterCategoryNames)         \
  X(GDALSetRasterColorTable)            \
  X(GDALSetRasterNoDataValue)           \
  X(GDALSetSpatialRef)                  \
  X(GDALSieveFilter)                    \
  X(GDALVersionInfo)                    \
  X(OCTDestroyCoordinateTransformation) \
  X(OCTNewCoordinateTransformation)     \
  X(OCTTransform)                       \
  X(OGR_F_Create)                       \
  X(OGR_F_Destroy)                      \
  X(OGR_F_GetFieldAsInteger)            \
  X(OGR_F_GetGeometryRef)               \
  X(OGR_F_SetFieldDouble)               \
  X(OGR_F_SetFieldInteger)              \
  X(OGR_F_SetFieldString)               \
  X(OGR_F_SetGeometryDirectly)          \
  X(OGR_Fld_Create)                     \
  X(OGR_Fld_Destroy)                    \
  X(OGR_G_Area)                         \
  X(OGR_G_Clone)                        \
  X(OGR_G_DestroyGeometry)              \
  X(OGR_G_GetEnvelope)                  \
  X(OGR_G_Transform)                    \
  X(OGR_L_CreateFeature)                \
  X(OGR_L_CreateField)                  \
  X(OGR_L_GetLayerDefn)                 \
  X(OGR_L_GetNextFeature)               \
  X(OGR_L_ResetReading)                 \
  X(OSRClone)                           \
  X(OSRDestroySpatialReference)         \
  X(OSRExportToWktEx)                   \
  X(OSRGetAuthorityCode)                \
  X(OSRGetAuthorityName)                \
  X(OSRGetLinearUnits)                  \
  X(OSRGetName)                         \
  X(OSRIsGeographic)                    \
  X(OSRIsSame)                          \
  X(OSRNewSpatialReference)             \
  X(OSRSetAxisMappingStrategy)          \
  X(OSRSetFromUserInput)                \
  X(VSIFree)

// The attributes of GDAL's declarations, such as "the result must be used", are not part of a function's type.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#define FPANET_FUNCTION(name) inline constinit const Function<decltype(::name)> name{#name};
FPANET_GDAL_FUNCTIONS(FPANET_FUNCTION)
#undef FPANET_FUNCTION
#pragma GCC diagnostic pop

}  // namespace fpanet::gdal
