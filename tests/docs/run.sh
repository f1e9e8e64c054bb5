#!/bin/sh
# Runs the tested commands of the documents, and checks that the pictures are what their script
# draws, with $PYTHON, else python3: run.sh PROGRAMS. Exit status 77 where Python is missing.
set -eu
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
  echo "skipped: $python is not installed"
  exit 77
fi
here=$(dirname "$0")
"$python" "$here/../../scripts/draw_docs.py" --check
exec "$python" "$here/run_commands.py" --programs "$1"
