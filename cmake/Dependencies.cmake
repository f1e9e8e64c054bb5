# Libraries from the system; scripts/install_dependencies.sh installs their Debian packages.

find_package(fmt REQUIRED)                  # messages
find_package(OpenMP REQUIRED)               # threads of the CPU kernels
find_package(Eigen3 3.4 REQUIRED NO_MODULE) # matrix products of the CPU path
find_package(ZLIB REQUIRED)                 # crc32 of PyTorch's zip files
find_package(JPEG REQUIRED)                 # libjpeg-turbo: decodes bit for bit as OpenCV does
find_package(PNG REQUIRED)                  # masks

# Header-only libraries become interface targets of their upper-case names.
function(fpanet_header_library name header)
  find_path(${name}_INCLUDE_DIR ${header} PATH_SUFFIXES ${ARGN} REQUIRED)
  add_library(${name} INTERFACE IMPORTED)
  target_include_directories(${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIR})
endfunction()
fpanet_header_library(CLI11 CLI/CLI.hpp)              # command lines
fpanet_header_library(JSON nlohmann/json.hpp)         # safetensors headers, reports
fpanet_header_library(TOML toml++/toml.h)             # configuration files
fpanet_header_library(STB stb_image.h stb)            # BMP reading, PNG in memory, the figures' font
