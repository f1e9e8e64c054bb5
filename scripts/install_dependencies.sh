#!/usr/bin/env bash
# Installs the packages that the build needs on Debian 12 and 13 and Ubuntu 24.04: nothing, and
# without the network, when all are there. As root, else through sudo; else it prints the line to
# run and fails. On Ubuntu 22.04, which lacks two of them, and on Fedora and Arch it prints what to
# run. docs/building.md says what was tried where.
#
#     scripts/install_dependencies.sh [--with gdal] [--with mpi]
#     scripts/install_dependencies.sh --list-libraries
#
#   --with gdal   also GDAL, with which fpanet_predict reads and writes rasters (364 MB)
#   --with mpi    also Open MPI, which connects the ranks of a training
#   --list-libraries   only prints the packages of the libraries, for scripts/cross_aarch64.sh
set -euo pipefail

libraries=(
  libeigen3-dev                   # matrix products of the CPU path
  libjpeg-dev libpng-dev          # satellite images and masks
  libstb-dev                      # the font of the figures
  zlib1g-dev                      # checksums of PyTorch's zip files
  libcli11-dev libtomlplusplus-dev # command lines and configuration files
  libfmt-dev                      # messages
  nlohmann-json3-dev              # headers of weight files, reports
  doctest-dev                     # tests
)
packages=(g++ cmake ninja-build "${libraries[@]}")

gdal=() mpi=()
while [[ $# -gt 0 ]]; do
  case "$1 ${2:-}" in
    '--with gdal') gdal=(libgdal-dev gdal-bin) && shift 2 ;;
    '--list-libraries ') printf '%s\n' "${libraries[@]}" && exit ;;
    '--with mpi') mpi=(libopenmpi-dev openmpi-bin) && shift 2 ;;
    *)
      echo "install_dependencies: '$*' is not understood; accepted are: --with gdal, --with mpi, --list-libraries" >&2
      exit 2
      ;;
  esac
done
packages+=("${gdal[@]}" "${mpi[@]}")

# Packages of which `$1 PACKAGE` says that they are not installed.
missing_by() {
  local package
  for package in "${@:2}"; do $1 "$package" >/dev/null 2>&1 || echo "$package"; done
}
is_installed() {
  dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}
# Ends well if nothing is missing; else prints the line to run, and fails.
print_line() {
  [[ ${#missing[@]} -gt 0 ]] || exit 0
  echo "This script does not install on this system. Run:" >&2
  echo "  $*" >&2
  exit 1
}

system=unknown
if [[ -r ${OS_RELEASE:=/etc/os-release} ]]; then
  # shellcheck source=/dev/null
  system=$(. "$OS_RELEASE" && echo "${ID:-} ${ID_LIKE:-} ${VERSION_ID:-}")
fi
case "$system" in
  *fedora*)
    mapfile -t missing < <(missing_by 'rpm --query' gcc-c++ cmake ninja-build eigen3-devel \
      libjpeg-turbo-devel libpng-devel stb-devel zlib-devel cli11-devel tomlplusplus-devel fmt-devel \
      json-devel doctest-devel ${gdal:+gdal-devel gdal} ${mpi:+openmpi-devel})
    print_line sudo dnf install "${missing[@]}"
    ;;
  *arch*)
    mapfile -t missing < <(missing_by 'pacman --query' gcc cmake ninja eigen libjpeg-turbo libpng stb \
      zlib cli11 tomlplusplus fmt nlohmann-json doctest ${gdal:+gdal} ${mpi:+openmpi})
    print_line sudo pacman -S "${missing[@]}"
    ;;
  *ubuntu*22.04*)
    # Its CMake 3.22 is older than the build needs, and it has no package of toml++.
    kept=()
    for package in "${packages[@]}"; do
      [[ $package == cmake || $package == libtomlplusplus-dev ]] || kept+=("$package")
    done
    mapfile -t missing < <(missing_by is_installed "${kept[@]}")
    lines=()
    [[ ${#missing[@]} -eq 0 ]] ||
      lines+=("sudo apt-get install --yes --no-install-recommends ${missing[*]};")
    cmake --version 2>/dev/null | grep -qE ' (3\.(2[5-9]|[3-9].)|[4-9])' ||
      lines+=("pip3 install --user 'cmake>=3.25';") missing+=(cmake)
    compgen -G '/usr*/include/toml++/toml.h' >/dev/null ||
      compgen -G '/usr/local/include/toml++/toml.h' >/dev/null ||
      lines+=("sudo curl -L --create-dirs -o /usr/local/include/toml++/toml.h" \
        "https://raw.githubusercontent.com/marzer/tomlplusplus/v3.4.0/toml.hpp") missing+=(toml++)
    print_line "${lines[*]}"
    ;;
esac

if ! command -v dpkg-query apt-get >/dev/null; then
  echo "This machine has no apt: install the equivalents of ${packages[*]} by hand." >&2
  exit 1
fi

mapfile -t missing < <(missing_by is_installed "${packages[@]}")
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
