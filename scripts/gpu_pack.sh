#!/usr/bin/env bash
# Called by scripts/gpu_check.sh.
#
#     gpu_pack.sh DIR LIMIT_MIB PROGRAM_FOLDER SHARED PROGRAM...
#     gpu_pack.sh --commit    # the commit; with "-changed" behind it if the sources are not its own
#
# Puts into DIR what scripts/gpu_check.sh needs on a machine that has a GPU, Python and CUDA's
# libraries, but neither a network nor a checkout. Prints the size of each part.
set -euo pipefail
cd "$(dirname "$0")/.."
commit() {
  local name
  name=$(git rev-parse HEAD 2> /dev/null) || { echo unknown; return; }
  [[ -z $(git status --porcelain --untracked-files=no) ]] || name+=-changed
  echo "$name"
}
if [[ $1 == --commit ]]; then
  commit
  exit
fi
target=$1 limit=$2 from=$3 shared=$4
shift 4

if [[ -e $target && -n $(ls -A "$target") ]]; then
  echo "gpu_check: --pack $target: the folder is not empty" >&2
  exit 2
fi
mkdir -p "$target"
target=$(realpath "$target")
mkdir -p "$target"/{bin_xz,lib,shared/goldens,shared/data/deepglobe_tiles,scripts,bench,docs/gpu,tests/cuda}

for program in "$@"; do
  [[ -x $from/$program ]] || { echo "gpu_check: $from has no $program" >&2; exit 1; }
  strip -o "$target/bin_xz/$program" "$from/$program" 2> /dev/null ||
    cp "$from/$program" "$target/bin_xz/$program" # a script
  # What a fresh machine may lack. The C and C++ runtimes are everywhere, and CUDA's libraries are
  # a gigabyte: the machine must have them.
  { ldd "$from/$program" 2> /dev/null || true; } | sed --quiet 's/.* => \(\/[^ ]*\) .*/\1/p' |
    { grep --extended-regexp --invert-match \
      '/(libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|ld-linux[^/]*|libcud[^/]*|libcublas[^/]*|libnv[^/]*)\.so' || true; } |
    xargs --no-run-if-empty cp --dereference --update --target-directory "$target/lib"
  xz --threads=0 "$target/bin_xz/$program"
done
commit > "$target/commit"

cp scripts/gpu_check.sh scripts/gpu_pack.sh scripts/gpu_record.py "$target/scripts/"
cp bench/compare_gpu.py bench/pytorch_peer.py "$target/bench/"
cp docs/gpu/record.md "$target/docs/gpu/"
cp tests/gpu_record.json "$target/tests/" 2> /dev/null || true
cp tests/cuda/*_test.cpp "$target/tests/cuda/"
mkdir "$target/tests/data"
cp -r tests/data/goldens tests/data/*.json "$target/tests/data/"

# Golden probabilities of the network, the trajectory, and the tiles that it names.
if [[ -d $shared/goldens ]]; then
  cp "$shared"/goldens/fpanet_resnet34_* "$shared/goldens/trajectory_real_tiles.json" \
    "$target/shared/goldens/"
  python3 - "$shared/goldens/trajectory_real_tiles.json" <<'PYTHON' |
import json, sys
for tile in json.load(open(sys.argv[1], encoding="utf-8"))["tiles"]:
    print(f"{tile}_sat.jpg", f"{tile}_mask.png", sep="\n")
print("class_dict.csv")
PYTHON
    (cd "$shared/data/deepglobe_tiles" && xargs cp --target-directory "$target/shared/data/deepglobe_tiles")
else
  echo "gpu_check: no $shared: the network's goldens and the trajectories will not run" >&2
fi

du --apparent-size --block-size=1K --max-depth=1 "$target" | sort --reverse --numeric-sort |
  awk '{ printf "%8.1f MiB  %s\n", $1 / 1024, $2 }'
kib=$(du --apparent-size --block-size=1K --summarize "$target" | cut -f 1)
if ((limit > 0 && kib > limit * 1024)); then
  echo "gpu_check: $target has $((kib / 1024)) MiB; --limit-mib $limit" >&2
  exit 1
fi
