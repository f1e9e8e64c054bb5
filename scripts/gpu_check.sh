#!/usr/bin/env bash
# Everything that needs a CUDA GPU, in one command and under nine minutes: builds, runs the parity
# suite, compute-sanitizer, benchmarks and the comparison with PyTorch, and writes
# tests/gpu_record.json and the tables of docs/gpu.md from what it found. It needs no network:
# scripts/vendor_headers.sh brings the libraries along.
#
#     scripts/gpu_check.sh [--prebuilt DIR] [--shared DIR] [--only STAGE,...] [--budget SECONDS]
#     scripts/gpu_check.sh --prepare DIR      # on a machine without a GPU: build for --prebuilt
#     scripts/gpu_check.sh --build ARCHITECTURES          # build in build/gpu, nothing more
#
#   --prebuilt DIR     run the programs in DIR instead of building here
#   --shared DIR       golden files and real tiles (default: ../shared); without it what needs them
#                      says that it skipped
#   --only STAGES      some of build,parity,bench,sanitize,torch,record (default: all)
#   --budget SECONDS   for everything (default: 530); every stage has a share of its own as well
#   --prepare DIR      builds in build/gpu for the architectures FPANET_CUDA_ARCHITECTURES (default:
#                      90-real) and puts the stripped programs into DIR
#
# A stage that fails or runs out of time does not take the others along. Results and logs go to
# build/gpu_check, and those worth keeping also to the folder that OUT names, if it is set.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD

prebuilt='' shared=$root/../shared budget=530 prepare='' architectures=''
stages=build,parity,bench,sanitize,torch,record
usage() { sed --quiet '2,/^set /{s/^# \{0,1\}//p}' "$0"; exit "$1"; }
while [[ $# -gt 0 ]]; do
  case $1 in
    --help) usage 0 ;;
    --prebuilt | --shared | --only | --budget | --prepare | --build)
      [[ $# -ge 2 ]] || { echo "gpu_check: $1 needs a value" >&2; exit 2; }
      ;;&
    --prebuilt) prebuilt=$(realpath "$2") ;;
    --shared) shared=$(realpath "$2") ;;
    --only) stages=$2 ;;
    --budget) budget=$2 ;;
    --prepare) prepare=$2 ;;
    --build) architectures=$2 ;;
    *) echo "gpu_check: $1 is no option" >&2; usage 2 >&2 ;;
  esac
  shift 2
done

programs=(fpanet_train fpanet_eval fpanet_tool test_cuda cuda_peaks)

if [[ -n $architectures ]]; then
  cmake -S . -B build/gpu -G Ninja -DCMAKE_BUILD_TYPE=Release -DFPANET_CUDA=ON -DFPANET_BENCH=ON \
    -DFPANET_CUDA_ARCHITECTURES="$architectures" --log-level=WARNING &&
    cmake --build build/gpu --target "${programs[@]}"
  exit
fi

if [[ -n $prepare ]]; then
  set -e
  scripts/gpu_check.sh --build "${FPANET_CUDA_ARCHITECTURES:-90-real}"
  mkdir -p "$prepare"
  for program in "${programs[@]}"; do
    strip -o "$prepare/$program" "build/gpu/bin/$program"
  done
  git rev-parse HEAD > "$prepare/commit"
  du --summarize --human-readable "$prepare" >&2
  exit 0
fi

bin=${prebuilt:-$root/build/gpu/bin}
work=$root/build/gpu_check
mkdir -p "$work"
log=$work/gpu_check.log
results=$work/stages.jsonl
start=$SECONDS

# Where CUDA's libraries are not installed system-wide, those that pip installed for PyTorch serve.
pip_libraries=$(python3 - 2>/dev/null <<'PYTHON'
import glob, nvidia
print(":".join(f for p in nvidia.__path__ for f in glob.glob(p + "/*/lib")))
PYTHON
)
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}${pip_libraries}"
export FPANET_TEST_DATA=$root/tests/data FPANET_SHARED=$shared FPANET_PROGRAMS=$bin
export FPANET_PARITY_LOG=$work/parity.jsonl
PATH=$PATH:/usr/local/cuda/bin

wanted() { [[ ,$stages, == *,$1,* ]]; }

keep_results() {
  [[ -n ${OUT:-} ]] || return 0
  local file
  for file in gpu_check.log stages.jsonl parity.jsonl bench.tar compare.json compare.md \
    gpu_record.json gpu.md; do
    [[ ! -e $work/$file ]] || cp "$work/$file" "$OUT/"
  done
}

# timed STAGE NAME SECONDS COMMAND...: runs it within its own time and what is left of the whole;
# appends its output to the log and its outcome to stages.jsonl.
timed() {
  local stage=$1 name=$2 own=$3 left=$((budget - (SECONDS - start))) began=$SECONDS status outcome
  shift 3
  if ((left < 5)); then
    outcome='out of time' status=-1
  else
    { echo; echo "== $stage: $name"; } >> "$log"
    timeout --kill-after=5 $((own < left ? own : left)) "$@" >> "$log" 2>&1
    status=$?
    case $status in
      0) outcome=passed ;;
      77 | 127) outcome=skipped ;; # 127: a tool that is not installed; the log names it
      124 | 137) outcome='out of time' ;;
      *) outcome=failed ;;
    esac
  fi
  printf '{"stage": "%s", "name": "%s", "outcome": "%s", "status": %d, "seconds": %d}\n' \
    "$stage" "$name" "$outcome" "$status" $((SECONDS - began)) >> "$results"
  printf '%4d s  %-12s %-9s %s\n' $((SECONDS - start)) "$outcome" "$stage" "$name"
  keep_results
  [[ $outcome == passed ]]
}

: > "$log"
: > "$results"
{ git log -1 --format=%H 2>/dev/null || cat "$bin/commit"; } > "$work/commit"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader > "$work/gpu" 2>> "$log"

if wanted build && [[ -z $prebuilt ]]; then
  timed build programs 300 scripts/gpu_check.sh --build native
fi
"$bin/fpanet_tool" devices > "$work/devices" 2>> "$log"
cat "$work/devices" >> "$log"

if wanted parity; then
  : > "$FPANET_PARITY_LOG"
  # One process a test case: a kernel that crashes leaves its process without a GPU.
  while read -r name; do
    timed parity "$name" 90 "$bin/test_cuda" --no-colors --test-case="${name//,/\\,}"
  done < <(sed --quiet 's/^TEST_CASE("\(.*\)") {$/\1/p' tests/cuda/*_test.cpp)
fi

bench() {  # bench NAME ARGUMENTS...
  local name=$1
  shift
  timed bench "$name" 90 "$bin/fpanet_tool" bench --device cuda --image-size 320 \
    --json "$work/bench_${name// /_}.json" "$@"
}
if wanted bench; then
  rm -f "$work"/bench_*.json
  timed bench peaks 60 bash -c "'$bin/cuda_peaks' > '$work/bench_peaks.json'"
  for precision in bf16 tf32 fp32; do
    bench "train 16 $precision" --task train --batch 16 --precision $precision --repeat 30
    bench "infer 1 $precision" --task infer --batch 1 --precision $precision --repeat 100
    bench "infer 8 $precision" --task infer --batch 8 --precision $precision --repeat 50
  done
  bench "train 16 bf16 ops" --task train --batch 16 --precision bf16 --repeat 10 --ops
  bench "train 16 bf16 resident ops" --task train --batch 16 --precision bf16 --repeat 10 --ops --resident
  bench "infer 8 bf16 ops" --task infer --batch 8 --precision bf16 --repeat 10 --ops
  find "$work" -maxdepth 1 -name 'bench_*.json' -printf '%f\0' |
    tar --create --file "$work/bench.tar" --directory "$work" --null --files-from -
fi

if wanted sanitize; then
  # Samples are tiny, which is what the sanitizers, a hundred times slower, can bear.
  for tool in memcheck racecheck; do
    for precision in fp32 bf16; do
      timed sanitize "compute-sanitizer $tool, $precision samples" 60 \
        env --unset=FPANET_PARITY_LOG compute-sanitizer --tool $tool --error-exitcode 9 \
        --print-limit 20 "$bin/test_cuda" --no-colors --test-case="cuda ops: $precision samples*"
    done
  done
fi

if wanted torch; then
  if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>> "$log"; then
    left=$((budget - (SECONDS - start)))
    timed torch "PyTorch in turns with the engine" 600 python3 bench/compare_gpu.py \
      --tool "$bin/fpanet_tool" --json "$work/compare.json" --markdown "$work/compare.md" \
      --budget $((left / 2))
  else
    timed torch "PyTorch in turns with the engine" 5 bash -c 'echo "no PyTorch with CUDA"; exit 77'
  fi
fi

if wanted record; then
  if python3 scripts/gpu_record.py --work "$work" >> "$log" 2>&1; then
    cp tests/gpu_record.json "$work/gpu_record.json"
    cp docs/gpu.md "$work/gpu.md"
  else
    echo "gpu_check: no record was written, see $log" >&2
  fi
fi
keep_results
printf '\nlog: %s\n' "$log"
grep --quiet --invert-match '"outcome": "\(passed\|skipped\)"' "$results" && exit 1
exit 0
