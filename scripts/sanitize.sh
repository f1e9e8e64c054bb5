#!/usr/bin/env bash
# Builds the unit tests with AddressSanitizer and UndefinedBehaviorSanitizer and runs them: with clang into
# build/clang, where it has all that this takes and so is a second compiler that builds and passes, else with
# the usual compiler into build/sanitize. The whole-network and whole-program tests are left to the release
# build: under the sanitizers they take many times as long. Arguments go to ctest: scripts/sanitize.sh -R data
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

preset=sanitize
if scripts/has_libfuzzer.sh 2>/dev/null; then preset=clang; fi
cmake --preset $preset --log-level=WARNING -DFPANET_WERROR="${FPANET_WERROR:-OFF}"
cmake --build --preset $preset --target "${units[@]/#/test_}"
# Death of a test by a sanitizer must show the line it happened at.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=1
ctest --preset $preset -R "^($(IFS='|'; echo "${units[*]}"))(_conv2d)?\$" "$@"
