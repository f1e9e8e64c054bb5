#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that the build needs: nothing, and without the network,
# when all are there. As root, else through sudo; else it prints the line to run and fails.
#
#     scripts/install_dependencies.sh [--with gdal] [--with mpi]
#
#   --with gdal   also GDAL, with which fpanet_predict reads and writes rasters (364 MB)
#   --with mpi    also Open MPI, which connects the ranks of a training
set -euo pipefail

packages=(
  g++ cmake ninja-build           # compiler and build
  libeigen3-dev                   # matrix products of the CPU path
  libjpeg-dev libpng-dev          # satellite images and masks
  libstb-dev                      # the font of the figures
  zlib1g-dev                      # checksums of PyTorch's zip files
  libcli11-dev libtomlplusplus-dev # command lines and configuration files
  libfmt-dev                      # messages
  nlohmann-json3-dev              # headers of weight files, reports
  doctest-dev                     # tests
)

while [[ $# -gt 0 ]]; do
  case "$1 ${2:-}" in
    '--with gdal') packages+=(libgdal-dev gdal-bin) && shift 2 ;;
    '--with mpi') packages+=(libopenmpi-dev openmpi-bin) && shift 2 ;;
    *)
      echo "install_dependencies: '$*' is not understood; accepted are: --with gdal, --with mpi" >&2
      exit 2
      ;;
  esac
done

is_installed() {
  dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

if ! command -v dpkg-query apt-get >/dev/null; then
  echo "This machine has no apt: install the equivalents of ${packages[*]} by hand." >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "Installing ${missing[*]}" >&2
install=(apt-get install --yes --no-install-recommends "${missing[@]}")
if [[ $EUID -eq 0 ]]; then
  as_root=(env DEBIAN_FRONTEND=noninteractive)
elif command -v sudo >/dev/null; then
  as_root=(sudo env DEBIAN_FRONTEND=noninteractive)
else
  echo "This needs root, and there is no sudo. Run as root, then start again:" >&2
  echo "  apt-get update && ${install[*]}" >&2
  exit 1
fi
"${as_root[@]}" apt-get update >&2
"${as_root[@]}" "${install[@]}" >&2
