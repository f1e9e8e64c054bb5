#!/usr/bin/env bash
# Installs what is missing, builds, and runs every quick test: first the unit tests under the
# sanitizers, then all of them as released. Ends in ctest's summary. The tests labelled `long` have
# scripts of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_dependencies.sh
# Without a GPU, the oldest and the newest supported architecture stand for those in between: the
# device code is only compiled and linked here, and six architectures take three times as long.
architectures='75-real;90-real'
if nvidia-smi -L >/dev/null 2>&1; then architectures=''; fi
scripts/build.sh --tests -DFPANET_WERROR="${FPANET_WERROR:-OFF}" -DFPANET_CUDA_ARCHITECTURES="$architectures"
scripts/sanitize.sh
# Tests write and sync some 20 GB of checkpoints: in memory where there is room, unless TMPDIR says otherwise.
available=$(df --output=avail /dev/shm 2>/dev/null | tail -1 || true)
if ((${available:-0} > 4 << 20)); then export TMPDIR=${TMPDIR:-/dev/shm}; fi
ctest --preset release
