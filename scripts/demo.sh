#!/usr/bin/env bash
# From nothing to a trained model and its report in one command: installs what is missing, builds,
# makes a small synthetic scene set, trains FPA-Net on it for a few minutes on the CPU, evaluates it
# on scenes it has not seen, and draws figures and a report.
#
# Tunable by environment variables: DEMO_DIR (made anew), DEMO_SCENES, DEMO_IMAGE_SIZE, DEMO_EPOCHS,
# DEMO_BATCH_SIZE, DEMO_LR, DEMO_THREADS (0: all).
set -euo pipefail
cd "$(dirname "$0")/.."

dir=${DEMO_DIR:-demo}
scenes=${DEMO_SCENES:-160}
image_size=${DEMO_IMAGE_SIZE:-128}
epochs=${DEMO_EPOCHS:-15}
batch_size=${DEMO_BATCH_SIZE:-4}
lr=${DEMO_LR:-3e-4}
threads=${DEMO_THREADS:-0}

say() { printf '\n== %s\n' "$*" >&2; }

say "installing what is missing, building the four programs"
scripts/install_dependencies.sh
options=()
nvidia-smi -L >/dev/null 2>&1 || options+=(--cpu)
scripts/build.sh "${options[@]}"

if [[ -e $dir && ! -e $dir/.fpanet-demo ]]; then
  echo "$dir is there and is no earlier demo: name another folder with DEMO_DIR." >&2
  exit 1
fi
rm -rf "$dir"
mkdir -p "$dir"
touch "$dir/.fpanet-demo"

say "making $scenes synthetic scenes of $image_size x $image_size in $dir/data"
build/bin/fpanet_tool synth --out "$dir/data" --count "$scenes" --size "$image_size" --seed 42
build/bin/fpanet_tool check-data "$dir/data"

say "training FPA-Net for $epochs epochs on the CPU"
build/bin/fpanet_train --data "$dir/data" --run "$dir/run" --image-size "$image_size" \
  --epochs "$epochs" --batch-size "$batch_size" --lr "$lr" --threads "$threads" \
  --device cpu --cache off

say "evaluating on the scenes that training has not seen"
build/bin/fpanet_eval --checkpoint "$dir/run" --data "$dir/data" --split test \
  --image-size "$image_size" --device cpu --json "$dir/eval.json" --figures "$dir/figures"

say "done"
cat <<EOF
report   $dir/run/report.html
figures  $dir/figures/ (image | mask | prediction)
numbers  $dir/eval.json
model    $dir/run/checkpoints/best.safetensors
EOF
