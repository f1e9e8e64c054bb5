#!/usr/bin/env bash
# Builds the fuzz targets of everything that reads files into build/clang and runs each for 20 s.
# Arguments go to tests/fuzz/run.py: scripts/fuzz.sh --seconds 600 --only zip
# Where clang's libFuzzer is missing it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! scripts/has_libfuzzer.sh; then
  echo "fuzz: skipped" >&2
  exit 0
fi

cmake --preset clang --log-level=WARNING -DFPANET_WERROR="${FPANET_WERROR:-OFF}"
cmake --build --preset clang --target fuzz_targets
python3 tests/fuzz/run.py "$@" build/clang/bin
