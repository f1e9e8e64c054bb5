#!/usr/bin/env bash
# Release build into build/, programs in build/bin/.
#
#     scripts/build.sh [--tests] [--cpu] [-DNAME=VALUE...] [TARGET...]
#
#   --tests     builds the tests, too, which takes twice the time
#   --cpu       leaves out the CUDA half, even where nvcc is found
#   -D...       is passed to CMake
#   TARGET...   what to build; everything that is configured without any. If nothing but targets is
#               given, an earlier build keeps its options
set -euo pipefail
cd "$(dirname "$0")/.."

tests=OFF cuda=AUTO defines=() targets=() options=0
for argument in "$@"; do
  case $argument in
    --tests) tests=ON options=1 ;;
    --cpu) cuda=OFF options=1 ;;
    -D*) defines+=("$argument") options=1 ;;
    -*) sed --quiet '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
    *) targets+=("$argument") ;;
  esac
done

if ((options || ${#targets[@]} == 0)) || [[ ! -e build/build.ninja ]]; then
  cmake --preset release --log-level=WARNING -DFPANET_TESTS=$tests -DFPANET_CUDA=$cuda "${defines[@]}"
fi
cmake --build --preset release ${targets:+--target "${targets[@]}"}
