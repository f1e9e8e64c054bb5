#!/usr/bin/env bash
# Installs what is missing, builds, and runs every quick test, first under the sanitizers, then as
# released. Ends in ctest's summary. The tests labelled `long` have scripts of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_dependencies.sh
scripts/build.sh
scripts/sanitize.sh
ctest --preset release
