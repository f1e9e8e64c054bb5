#!/usr/bin/env bash
# Release build into build/, programs in build/bin/.
#
#     scripts/build.sh [--tests] [--cpu] [-DNAME=VALUE...] [TARGET...]
#
#   --tests     builds the tests, too, which takes twice the time
#   --cpu       leaves out the CUDA half, even where nvcc is found
#   -D...       is passed to CMake
#   TARGET...   what to build; everything that is configured without any
set -euo pipefail
cd "$(dirname "$0")/.."

tests=OFF cuda=AUTO defines=() targets=()
for argument in "$@"; do
  case $argument in
    --tests) tests=ON ;;
    --cpu) cuda=OFF ;;
    -D*) defines+=("$argument") ;;
    -*) sed --quiet '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
    *) targets+=("$argument") ;;
  esac
done

cmake --preset release --log-level=WARNING -DFPANET_TESTS=$tests -DFPANET_CUDA=$cuda "${defines[@]}"
cmake --build --preset release ${targets:+--target "${targets[@]}"}
