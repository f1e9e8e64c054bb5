#!/usr/bin/env bash
# The CPU against PyTorch (whatever version $PYTHON has; `pip install torch`), in turns. Options and
# output: bench/compare_pytorch.py --help.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh fpanet_tool >/dev/null
exec "${PYTHON:-python3}" bench/compare_pytorch.py "$@"
