#!/usr/bin/env bash
# Release build into build/, programs in build/bin/. Arguments are targets; all without any.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset release --log-level=WARNING
cmake --build --preset release ${1:+--target "$@"}
