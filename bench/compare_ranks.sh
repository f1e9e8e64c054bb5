#!/usr/bin/env bash
# Measures a training step of two ranks on this machine, and checks the cost model of docs/distributed.md
# against it (scripts/scaling.py --check). Needs Open MPI and the programs of -DFPANET_BENCH=ON.
#
#     bench/compare_ranks.sh [--rounds 3] [--batch 8] [--image-size 320] [--threads 1] [-- FLAGS]
#
# --threads counts those of a rank; FLAGS go to fpanet_train. In each round, in turns: two processes at
# once that know nothing of each other, each with half the batch, and two ranks that share the batch. What
# the ranks take longer is the price of their sums.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=3 batch=8 size=320 threads=1
while [[ $# -gt 0 && $1 != -- ]]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --batch) batch=$2 ;;
    --image-size) size=$2 ;;
    --threads) threads=$2 ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift 2
done
[[ ${1:-} != -- ]] || shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun=(mpirun --oversubscribe --bind-to none -n 2)

# train RUN BATCH SCENES [FLAGS]
train() {
  local run=$1 each=$2 scenes=$3
  shift 3
  "${prefix[@]}" build/bin/fpanet_train --data "synthetic:$scenes" --image-size "$size" --batch-size "$each" \
    --threads "$threads" --device cpu --epochs 2 --run "$scratch/$run" --quiet "$@" > "$scratch/$run.log"
}
# Milliseconds of a step in the last epoch of a run.
step() {
  awk -F, -v steps="$(awk -F, 'NR > 1 && $1 == 1' "$scratch/$1/steps.csv" | wc -l)" '
    NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "train/Seconds") column = i }
    NR > 1 && $column != "" { seconds = $column }
    END { printf "%.1f\n", 1e3 * seconds / steps }' "$scratch/$1/metrics.csv"
}
median() { sort --numeric-sort | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

for ((round = 0; round < rounds; ++round)); do
  prefix=()
  train "left$round" $((batch / 2)) $((5 * batch)) "$@" &
  train "right$round" $((batch / 2)) $((5 * batch)) "$@"
  wait $!
  step "left$round" >> "$scratch/alone"
  step "right$round" >> "$scratch/alone"
  prefix=("${mpirun[@]}")
  train "ranks$round" "$batch" $((10 * batch)) "$@"
  step "ranks$round" >> "$scratch/together"
  "${mpirun[@]}" build/bin/rank_sums >> "$scratch/sums"
done
alone=$(median < "$scratch/alone") together=$(median < "$scratch/together")
rate=$(cut -d ' ' -f 1 "$scratch/sums" | median) latency=$(cut -d ' ' -f 2 "$scratch/sums" | median)
echo "half the batch alone: $alone ms a step; two ranks: $together ms; the sum of all gradients moves $rate bytes/s," \
  "a small one takes $latency us"
python3 scripts/scaling.py --check "$alone" "$rate" "$latency" "$together"
