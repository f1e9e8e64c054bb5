#!/usr/bin/env bash
# Builds the unit tests with AddressSanitizer and UndefinedBehaviorSanitizer into build/sanitize and
# runs them. The whole-network and whole-program tests are left to the release build: under the
# sanitizers they take many times as long. Arguments go to ctest: scripts/sanitize.sh -R data
#
#     scripts/sanitize.sh threads    # instead: ranks that are threads, under ThreadSanitizer
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} == threads ]]; then
  # The ranks of these tests have one thread each, so that none belongs to OpenMP, whose library is not
  # instrumented.
  cmake --preset threads --log-level=WARNING
  cmake --build --preset threads --target test_engine test_models
  export TSAN_OPTIONS=halt_on_error=1
  build/threads/bin/test_engine --test-case="ranks:*,tcp:*"
  build/threads/bin/test_models --source-file="*ranks_test.cpp"
  exit
fi

units=(structure engine weights kernels layers data apps)

cmake --preset sanitize --log-level=WARNING
cmake --build --preset sanitize --target "${units[@]/#/test_}"
# Death of a test by a sanitizer must show the line it happened at.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=1
ctest --preset sanitize -R "^($(IFS='|'; echo "${units[*]}"))(_conv2d)?\$" "$@"
