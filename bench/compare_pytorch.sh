#!/usr/bin/env bash
# Compares the engine with PyTorch on the CPU, in turns. Uses the PyTorch version of $PYTHON
# (`pip install torch`). For options and output see bench/compare_pytorch.py --help.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh fpanet_tool >/dev/null
exec "${PYTHON:-python3}" bench/compare_pytorch.py "$@"
