#!/usr/bin/env bash
# Gathers what the build needs besides a compiler, CMake and CUDA into third_party/ (which git
# ignores): headers of the libraries, static libjpeg, libpng and zlib. A checkout with that folder
# builds on a machine without a network and without these packages: cmake/Dependencies.cmake prefers
# it. Run it on a machine of the same architecture where scripts/install_dependencies.sh has run.
set -euo pipefail
cd "$(dirname "$0")/.."

target=third_party
machine=$("${CXX:-c++}" -dumpmachine)
include_folders=(/usr/local/include /usr/include "/usr/include/$machine")
library_folders=(/usr/local/lib "/usr/local/lib/$machine" "/usr/lib/$machine" /usr/lib64 /usr/lib)

headers=(
  eigen3/Eigen                              # matrix products of the CPU path
  fmt                                       # messages
  CLI toml++                                # command lines and configuration files
  nlohmann                                  # headers of weight files, reports
  stb                                       # the font of the figures
  doctest                                   # tests
  jpeglib.h jconfig.h jmorecfg.h jerror.h   # satellite images
  png.h pngconf.h pnglibconf.h              # masks
  zlib.h zconf.h                            # checksums of PyTorch's zip files
)
libraries=(libjpeg.a libpng.a libz.a)

# first_of NAME FOLDER...: the first FOLDER/NAME that exists.
first_of() {
  local name=$1 folder
  shift
  for folder in "$@"; do
    if [[ -e $folder/$name ]]; then
      echo "$folder/$name"
      return
    fi
  done
  echo "vendor_headers: $name is in none of: $*; run scripts/install_dependencies.sh first" >&2
  return 1
}

rm -rf "$target"
mkdir -p "$target/include" "$target/lib"
for name in "${headers[@]}"; do
  source=$(first_of "$name" "${include_folders[@]}")
  mkdir -p "$target/include/$(dirname "$name")"
  cp --recursive --dereference "$source" "$target/include/$(dirname "$name")/"
done
for name in "${libraries[@]}"; do
  source=$(first_of "$name" "${library_folders[@]}")
  cp --dereference "$source" "$target/lib/"
done
echo "$target: $(du --summarize --human-readable "$target" | cut --fields 1), for $machine" >&2
