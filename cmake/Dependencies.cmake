# Finds the libraries on the system; scripts/install_dependencies.sh installs their Debian packages. If
# scripts/vendor_headers.sh has filled third_party/, they are taken from there.

set(third_party ${PROJECT_SOURCE_DIR}/third_party)
if(EXISTS ${third_party}/include)
  message(STATUS "Libraries: those of ${third_party}")
  list(PREPEND CMAKE_PREFIX_PATH ${third_party})
  # Header-only libraries whose packages have CMake files that third_party/ lacks.
  function(fpanet_vendored target folder)
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${target} SYSTEM INTERFACE ${third_party}/${folder})
  endfunction()
  fpanet_vendored(fmt::fmt include)
  target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
  fpanet_vendored(Eigen3::Eigen include/eigen3)
  fpanet_vendored(doctest::doctest include)
else()
  find_package(fmt REQUIRED)                  # messages
  find_package(Eigen3 3.4 REQUIRED NO_MODULE) # matrix products of the CPU path
  if(FPANET_TESTS)
    find_package(doctest REQUIRED)            # tests
  endif()
endif()

find_package(OpenMP REQUIRED)               # threads of the CPU kernels
find_package(ZLIB REQUIRED)                 # crc32 of PyTorch's zip files
find_package(JPEG REQUIRED)                 # libjpeg-turbo: decodes bit for bit as OpenCV does
find_package(PNG REQUIRED)                  # masks

# Header-only libraries become interface targets with upper-case names.
function(fpanet_header_library name header)
  find_path(${name}_INCLUDE_DIR ${header} PATH_SUFFIXES ${ARGN} REQUIRED)
  add_library(${name} INTERFACE IMPORTED)
  target_include_directories(${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIR})
endfunction()
fpanet_header_library(CLI11 CLI/CLI.hpp)              # command lines
fpanet_header_library(JSON nlohmann/json.hpp)         # safetensors headers, reports
fpanet_header_library(TOML toml++/toml.h)             # configuration files
fpanet_header_library(STB stb_easy_font.h stb)         # the font of figures

# MPI connects ranks of a training; without it a training has one.
set(FPANET_WITH_MPI OFF)
if(NOT FPANET_MPI STREQUAL OFF)
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    set(FPANET_WITH_MPI ON)
  elseif(FPANET_MPI STREQUAL ON)
    message(FATAL_ERROR "FPANET_MPI=ON, but MPI was not found. scripts/install_dependencies.sh --with mpi installs it on "
      "Debian and Ubuntu.")
  endif()
endif()
if(FPANET_WITH_MPI)
  message(STATUS "Ranks: MPI ${MPI_CXX_VERSION}")
else()
  message(STATUS "Ranks: one, because MPI is not used (FPANET_MPI=${FPANET_MPI})")
endif()

# GDAL reads and writes rasters; everything else works without it.
set(FPANET_WITH_GDAL OFF)
if(NOT FPANET_GDAL STREQUAL OFF)
  find_package(GDAL 3.4 QUIET)
  if(GDAL_FOUND)
    set(FPANET_WITH_GDAL ON)
  elseif(FPANET_GDAL STREQUAL ON)
    message(FATAL_ERROR "FPANET_GDAL=ON, but GDAL 3.4 or newer was not found. scripts/install_dependencies.sh --with gdal "
      "installs it on Debian and Ubuntu.")
  endif()
endif()
if(FPANET_WITH_GDAL)
  get_target_property(FPANET_GDAL_INCLUDE_DIRS GDAL::GDAL INTERFACE_INCLUDE_DIRECTORIES)
  foreach(property IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION)
    get_target_property(location GDAL::GDAL ${property})
    if(location)
      set(FPANET_GDAL_FILE ${location})
    endif()
  endforeach()
  # What the dynamic loader calls it, such as libgdal.so.32.
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${FPANET_GDAL_FILE} OUTPUT_VARIABLE headers ERROR_QUIET)
  if(headers MATCHES "SONAME +([^ \n]+)")
    set(FPANET_GDAL_NAME ${CMAKE_MATCH_1})
  else()
    get_filename_component(FPANET_GDAL_NAME ${FPANET_GDAL_FILE} NAME)
  endif()
  message(STATUS "Rasters: GDAL ${GDAL_VERSION} (${FPANET_GDAL_NAME}, loaded when a raster is opened)")
else()
  message(STATUS "Rasters: none, because GDAL is not used (FPANET_GDAL=${FPANET_GDAL})")
endif()
