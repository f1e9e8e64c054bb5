#!/usr/bin/env bash
# Measures whole epochs on a folder of tiles (decode, resize, augment, train), either with this engine
# or with PyTorch and the notebook's loader. The engine's first run starts with empty caches.
#
#   bench/compare_epoch.sh ours    DATA [TILES [BATCH]]
#   bench/compare_epoch.sh pytorch DATA [TILES [BATCH]]
#
# Uses the first TILES (default 64) pairs of DATA and batches of BATCH (default 16). Before its first
# epoch, the engine decodes and resizes all images once; the time from start to exit includes this.
set -euo pipefail
who=$1 data=$(realpath "$2") tiles=${3:-64} batch=${4:-16}
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/tiles"
ln -s "$data/class_dict.csv" "$scratch/tiles/"
echo id,split > "$scratch/split.csv"
images=("$data"/*_sat.jpg)
for image in "${images[@]:0:$tiles}"; do
  ln -s "$image" "${image%_sat.jpg}_mask.png" "$scratch/tiles/"
  echo "$(basename "${image%_sat.jpg}"),train" >> "$scratch/split.csv"
done
case $who in
  ours)
    # A second copy of the first pair is the validation data.
    ln -s "${images[0]}" "$scratch/tiles/validation_sat.jpg"
    ln -s "${images[0]%_sat.jpg}_mask.png" "$scratch/tiles/validation_mask.png"
    echo validation,val >> "$scratch/split.csv"
    export XDG_CACHE_HOME=$scratch/cache
    for run in first second; do
      start=$(date +%s.%N)
      build/bin/fpanet_train --data "$scratch/tiles" --split "$scratch/split.csv" --run "$scratch/$run" \
        --epochs "$([ $run = first ] && echo 1 || echo 2)" --batch-size "$batch" --device cpu > "$scratch/log"
      end=$(date +%s.%N)
      echo "$run run: $(awk "BEGIN {print $end - $start}") s from start to exit; epochs:" \
        "$(awk -F, 'NR == 1 {for (i = 1; i <= NF; ++i) if ($i == "train/Seconds") column = i}
                    NR > 1 && $column != "" {printf "%.3f s ", $column}' "$scratch/$run/metrics.csv")"
    done ;;
  pytorch)
    "${PYTHON:-python3}" bench/epoch_pytorch.py --data "$scratch/tiles" --batch "$batch" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
