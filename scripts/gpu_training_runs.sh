#!/usr/bin/env bash
# Does the engine train as good a model as PyTorch? Both train FPA-Net on real tiles by one recipe
# from the same initial weights on the same split, for several seeds; fpanet_eval judges both on the
# tiles that neither has seen, and a table compares the difference with the spread over seeds.
#
#     scripts/gpu_training_runs.sh --data DIR --groups FILE.csv [--seeds '1 2 3'] [--engines 'fpanet torch']
#     scripts/gpu_training_runs.sh --summarise          # the table of all runs so far
#
#   --data DIR        *_sat.jpg, *_mask.png and class_dict.csv (default: ../shared/data/deepglobe_tiles)
#   --groups FILE     tile,group: which tiles touch on the ground (default: DIR_groups.csv)
#   --bin DIR         programs (default: build/gpu/bin, which scripts/gpu_check.sh builds)
#   --work DIR        runs and results (default: build/gpu_training)
#   --epochs 60  --batch-size 16  --image-size 320  --lr 5e-4  --device cuda  --precision bf16
#
# One seed of one engine takes minutes; --seeds and --engines cut the whole into pieces, and a run
# whose result is there is not repeated. Results also go to the folder that OUT names, if it is set.
set -euo pipefail
cd "$(dirname "$0")/.."

data=../shared/data/deepglobe_tiles groups='' bin=build/gpu/bin work=build/gpu_training
seeds='1 2 3' engines='fpanet torch' epochs=60 batch_size=16 image_size=320 lr=5e-4
device=cuda precision=bf16 summarise=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --help) sed --quiet '2,/^set /{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --summarise) summarise=yes; shift; continue ;;
    --data | --groups | --bin | --work | --seeds | --engines | --epochs | --batch-size | \
      --image-size | --lr | --device | --precision)
      [[ $# -ge 2 ]] || { echo "gpu_training_runs: $1 needs a value" >&2; exit 2; }
      name=${1#--}
      printf -v "${name//-/_}" '%s' "$2"
      ;;
    *) echo "gpu_training_runs: $1 is no option" >&2; exit 2 ;;
  esac
  shift 2
done
# In a folder of scripts/gpu_check.sh --pack, data and libraries lie beside the scripts.
if [[ ! -d $data && -d shared/data ]]; then data=shared/data/deepglobe_tiles; fi
groups=${groups:-${data%/}_groups.csv}
if [[ -z $summarise && ! -d $data ]]; then
  echo "gpu_training_runs: there is no folder $data: name one with --data" >&2
  exit 2
fi
# Where CUDA's libraries are not installed system-wide, those that pip installed for PyTorch serve.
pip_libraries=$(python3 -c '
import glob, nvidia
print(":".join(f for p in nvidia.__path__ for f in glob.glob(p + "/*/lib")))' 2> /dev/null || true)
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$PWD/lib:$pip_libraries"

summary() {
  python3 scripts/training_table.py "$work" | tee "$work/table.md"
  [[ -z ${OUT:-} ]] || cp "$work"/eval_*.json "$work/table.md" "$OUT/"
}
if [[ -n $summarise ]]; then
  summary
  exit
fi

mkdir -p "$work"
[[ -e $work/split.csv ]] || python3 scripts/split_by_group.py "$groups" "$work/split.csv"
for seed in $seeds; do
  init=$work/init_$seed.safetensors
  [[ -e $init ]] || python3 bench/pytorch_train.py --write-init "$init" --seed "$seed"
  for engine in $engines; do
    result=$work/eval_${engine}_$seed.json
    [[ ! -e $result ]] || continue
    run=$work/${engine}_$seed
    rm -rf "$run"
    recipe=(--data "$data" --split "$work/split.csv" --init "$init" --seed "$seed" --epochs "$epochs"
      --batch-size "$batch_size" --lr "$lr" --image-size "$image_size" --device "$device"
      --precision "$precision")
    began=$SECONDS
    case $engine in
      fpanet)
        # Patience as long as the run: PyTorch's run does not stop early either.
        "$bin/fpanet_train" "${recipe[@]}" --patience "$epochs" --run "$run" --cache off --quiet
        weights=$run/checkpoints/best.safetensors
        ;;
      torch)
        mkdir -p "$run"
        weights=$run/best.safetensors
        python3 bench/pytorch_train.py "${recipe[@]}" --out "$weights"
        ;;
      *) echo "gpu_training_runs: engine $engine is neither fpanet nor torch" >&2; exit 2 ;;
    esac
    echo "$engine, seed $seed: trained in $((SECONDS - began)) s" >&2
    "$bin/fpanet_eval" --checkpoint "$weights" --data "$data" --split "$work/split.csv" \
      --image-size "$image_size" --device "$device" --json "$result" > "$run/eval.txt"
  done
done
summary
