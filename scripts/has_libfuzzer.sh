#!/usr/bin/env bash
# Whether clang++ is here with libFuzzer and OpenMP (Debian: clang libclang-rt-dev libomp-dev). If not, it says so.
set -euo pipefail

if ! clang++ -fopenmp -fsanitize=fuzzer,address -x c++ -o /dev/null - 2>/dev/null <<<'
    extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'; then
  echo "There is no clang++ with libFuzzer and OpenMP (Debian: clang libclang-rt-dev libomp-dev)." >&2
  exit 1
fi
