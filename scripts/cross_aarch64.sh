#!/usr/bin/env bash
# Cross-builds for 64-bit Arm (aarch64) into build/aarch64, with Debian's or Ubuntu's compiler, and
# runs tests under qemu. CUDA, GDAL and MPI are left out.
#
#     scripts/cross_aarch64.sh [--tests] [--ctest] [-DNAME=VALUE...] [TARGET...]
#
#   --tests     configures the tests, too
#   --ctest     with --tests: afterwards runs the tests of the preset aarch64 under qemu
#   -D...       is passed to CMake
#   TARGET...   what to build; everything that is configured without any
#
# The compiler and qemu-user are installed if they are missing (as root, else through sudo). The
# arm64 libraries are downloaded by apt into build/aarch64/sysroot and are not installed: they do
# not change the packages of this machine. They are fetched once; remove that folder to fetch them
# again.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed --quiet '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; }

tests=OFF run_tests=0 defines=() targets=()
for argument in "$@"; do
  case $argument in
    --tests) tests=ON ;;
    --ctest) run_tests=1 ;;
    -D*) defines+=("$argument") ;;
    --help) usage && exit ;;
    -*) usage >&2 && exit 2 ;;
    *) targets+=("$argument") ;;
  esac
done
if ((run_tests)) && [[ $tests == OFF ]]; then
  echo "cross_aarch64: --ctest needs --tests, without which no test is built" >&2
  exit 2
fi

build=$PWD/build/aarch64 sysroot=$PWD/build/aarch64/sysroot

install_tools() {
  local install=(apt-get install --yes --no-install-recommends g++-aarch64-linux-gnu qemu-user)
  if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then return; fi
  echo "Installing g++-aarch64-linux-gnu and qemu-user" >&2
  if [[ $EUID -eq 0 ]]; then
    apt-get update >&2 && DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2
  elif command -v sudo >/dev/null; then
    sudo apt-get update >&2 && sudo env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2
  else
    echo "This needs root, and there is no sudo. Run as root: ${install[*]}" >&2
    return 1
  fi
}

# apt with lists and a status of its own, in which nothing is installed. So it takes all packages
# that the named ones need, for another processor, and needs no root.
fill_sysroot() {
  [[ -e $sysroot/complete ]] && return
  local state=$build/apt packages package link
  mapfile -t packages < <(scripts/install_dependencies.sh --list-libraries)
  local apt=(apt-get --quiet -o APT::Architecture=arm64 -o APT::Architectures::=arm64
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache"
    -o Debug::NoLocking=1)
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$sysroot/usr/lib"
  : > "$state/status"
  echo "Downloading arm64 libraries into $sysroot" >&2
  "${apt[@]}" update >&2
  "${apt[@]}" install --yes --no-install-recommends --download-only \
    libc6-dev libstdc++6 libgomp1 "${packages[@]}" >&2
  ln -sfn usr/lib "$sysroot/lib"
  for package in "$state"/cache/archives/*.deb; do
    dpkg --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$sysroot"
  done
  # Links to absolute paths would lead out of the folder.
  find "$sysroot" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    ln -sfnr "$sysroot$(readlink "$link")" "$link"
  done
  rm -r "$state"
  touch "$sysroot/complete"
}

install_tools
fill_sysroot

cmake --preset aarch64 --log-level=WARNING -DFPANET_TESTS=$tests "${defines[@]}"
cmake --build --preset aarch64 ${targets:+--target "${targets[@]}"}
((run_tests)) || exit 0
ctest --preset aarch64
