// FPANET_GDAL_NAME and FPANET_GDAL_FILE name the library that the headers belong to ("libgdal.so.32" and its path): the
// loader's folders come first, so that the program also runs where GDAL lies elsewhere.

#include <dlfcn.h>

#include "data/raster/gdal_functions.hpp"
#include "engine/core/error.hpp"

namespace fpanet::gdal {
namespace {

struct Library {
  void* handle = nullptr;
  std::string reason;  ///< why it cannot be used; empty if it can
};

void* open_library(std::string& reason) {
  void* handle = dlopen(FPANET_GDAL_NAME, RTLD_NOW);
  if (handle != nullptr) return handle;
  reason = dlerror();
  return dlopen(FPANET_GDAL_FILE, RTLD_NOW);
}

const Library& library() {
  static const Library opened = [] {
    Library library;
    library.handle = open_library(library.reason);
    if (library.handle == nullptr) return library;
    library.reason.clear();
#define FPANET_NAME(name) #name,
    for (const char* name : {FPANET_GDAL_FUNCTIONS(FPANET_NAME)}) {
      if (dlsym(library.handle, name) == nullptr)
        library.reason = fmt::format("it has no {}", name);
    }
#undef FPANET_NAME
    return library;
  }();
  return opened;
}

}  // namespace

std::string why_missing() {
  if (library().reason.empty()) return {};
  return fmt::format(
      "rasters need GDAL {}, but {} cannot be used ({}); install it (Debian and Ubuntu: gdal-bin), "
      "and name its folder in LD_LIBRARY_PATH if it is not the system's",
      GDAL_RELEASE_NAME, FPANET_GDAL_NAME, library().reason);
}

void* find_function(const char* name) {
  const std::string missing = why_missing();
  require(missing.empty(), "{}", missing);
  return dlsym(library().handle, name);
}

}  // namespace fpanet::gdal
