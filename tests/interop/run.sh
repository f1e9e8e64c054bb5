#!/bin/sh
# Runs one interop script with $PYTHON, else python3: run.sh NAME PROGRAMS. Exit status 77 where
# Python or a library that the script needs is missing.
set -eu
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
  echo "skipped: $python is not installed"
  exit 77
fi
exec "$python" "$(dirname "$0")/$1.py" --programs "$2"
