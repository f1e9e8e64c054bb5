#pragma once
// GDAL's C interface with owners and exceptions. Only *_gdal.cpp include this.

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "data/raster/gdal_functions.hpp"
#include "engine/core/dtype.hpp"
#include "engine/core/error.hpp"

namespace fpanet::gdal {

/// Registers the formats and bounds the block cache; the first call does the work.
void start();

/// While it exists, this thread's GDAL errors are kept instead of printed.
class Errors {
 public:
  Errors();
  ~Errors();
  Errors(const Errors&) = delete;
  Errors& operator=(const Errors&) = delete;

  bool failed() const { return failed_; }
  /// Throws "NAME: cannot WHAT: GDAL's message" unless `ok` and no error has been reported.
  void check(bool ok, std::string_view name, std::string_view what) const;
  std::string text() const;

 private:
  static void CPL_STDCALL on_error(CPLErr kind, CPLErrorNum number, const char* message);

  std::string first_;
  bool failed_ = false;
};

template <const auto* close>
struct Close {
  template <class T>
  void operator()(T* handle) const {
    (*close)(handle);
  }
};
using DatasetPtr = std::unique_ptr<std::remove_pointer_t<GDALDatasetH>, Close<&GDALClose>>;
using SpatialRef = std::unique_ptr<std::remove_pointer_t<OGRSpatialReferenceH>,
                                   Close<&OSRDestroySpatialReference>>;
using Strings = std::unique_ptr<char*, Close<&CSLDestroy>>;

/// The coordinate reference system of `wkt`, with x before y; null if it is empty or cannot be parsed.
SpatialRef spatial_ref(const std::string& wkt);
/// "NAME=VALUE" options.
Strings options(std::initializer_list<std::string> texts);
/// GDAL's type for samples in memory.
GDALDataType type_of(DType type);

}  // namespace fpanet::gdal
