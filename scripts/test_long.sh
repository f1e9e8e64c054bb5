#!/usr/bin/env bash
# The tests labelled `long`: training on real tiles against PyTorch's run of the same recipe, in
# fp64 and fp32. Tens of minutes on 2 cores; they skip where the tiles are not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_dependencies.sh
scripts/build.sh --tests
ctest --preset long
