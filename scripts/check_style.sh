#!/usr/bin/env bash
# Layout of C++ (clang-format) and shell scripts (shellcheck); with --tidy also clang-tidy, which
# takes minutes and needs a build. A tool that is not installed is skipped with a word.
set -euo pipefail
cd "$(dirname "$0")/.."

shopt -s globstar nullglob
sources=({engine,kernels,layers,models,data,apps,examples,tests,bench,docs}/**/*.{cpp,hpp,cu,cuh})
scripts=({scripts,bench}/*.sh .ci/run)

have() {
  command -v "$1" >/dev/null || { echo "check_style: skipped $1, which is not installed" >&2; false; }
}

status=0
if have clang-format; then
  clang-format --dry-run --Werror "${sources[@]}" || status=1
fi
if have shellcheck; then
  shellcheck "${scripts[@]}" || status=1
fi
if [[ ${1:-} == --tidy ]] && have clang-tidy; then
  cmake --preset dev --log-level=WARNING # whose compile commands are one a source file
  printf '%s\n' "${sources[@]}" | grep '\.cpp$' | grep -v '^tests/' |
    xargs --max-procs="$(nproc)" --max-args=4 clang-tidy -p build/dev --quiet || status=1
fi
exit "$status"
