#!/usr/bin/env bash
# Builds the fuzz targets of everything that reads files into build/fuzz and runs each for 20 s.
# Arguments go to tests/fuzz/run.py: scripts/fuzz.sh --seconds 600 --only zip
# Where clang's libFuzzer is missing (Debian: clang libclang-rt-dev) it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! clang++ -fsanitize=fuzzer -x c++ -o /dev/null - 2>/dev/null <<<'
    extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'; then
  echo "fuzz: skipped, there is no clang++ with libFuzzer (Debian: clang libclang-rt-dev)" >&2
  exit 0
fi

cmake --preset fuzz --log-level=WARNING
cmake --build --preset fuzz --target fuzz_targets
python3 tests/fuzz/run.py "$@" build/fuzz/bin
