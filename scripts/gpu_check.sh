#!/usr/bin/env bash
# Everything that needs a CUDA GPU, the most telling first: smoke tests, speed of the training step
# and of inference, the network against PyTorch's numbers, training on real tiles, PyTorch on the
# same GPU, compute-sanitizer, Nsight Compute. Needs no network.
#
#     scripts/gpu_check.sh [--budget SECONDS] [--only STAGE,...] [--prebuilt DIR] [--shared DIR]
#                          [--resume TAR]
#     scripts/gpu_check.sh --pack DIR [--limit-mib 64] [--from DIR]   # needs no GPU
#     scripts/gpu_check.sh --build ARCHITECTURES                      # in build/gpu, nothing more
#
#   --budget SECONDS   a stage whose usual time no longer fits is not begun (default: 530)
#   --only STAGES      some of build,smoke,speed,shapes,model,trajectory,more,torch,sanitize,profile
#   --prebuilt DIR     run the programs in DIR instead of building here
#   --shared DIR       golden files and real tiles (default: ../shared)
#   --resume TAR       results of an earlier call: its plans of convolutions are not measured again,
#                      what passed there is not run again, and its record is added to
#   --pack DIR         makes a folder that travels to a machine with a GPU: programs, the libraries
#                      that they load (but CUDA's), goldens, tiles, scripts. There, run this script
#                      in that folder
#   --limit-mib N      fail if the folder is larger
#   --from DIR         pack the programs in DIR; otherwise they are built for the architectures
#                      FPANET_CUDA_ARCHITECTURES (default: 90-real)
#
# Results: build/gpu_check/gpu_check.log, and gpu_check.tar with everything else. Both are also copied
# to the folder that OUT names, if it is set. Each check ends as passed, failed, out of time, or not
# run with the reason; only what ran and was right has passed. Exit status 1: a check failed, a
# program could not start, or nothing ran.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
root=$PWD

all_stages=build,smoke,speed,shapes,model,trajectory,more,torch,sanitize,profile
prebuilt='' shared='' budget=530 pack='' limit=0 from='' architectures='' resume=''
stages=$all_stages
usage() { sed --quiet '2,/^set /{s/^# \{0,1\}//p}' "$0"; exit "$1"; }
while [[ $# -gt 0 ]]; do
  case $1 in
    --help) usage 0 ;;
    --prebuilt | --shared | --only | --budget | --pack | --limit-mib | --from | --build | --resume)
      [[ $# -ge 2 ]] || { echo "gpu_check: $1 needs a value" >&2; exit 2; }
      ;;&
    --prebuilt) prebuilt=$(realpath "$2") ;;
    --shared) shared=$(realpath "$2") ;;
    --only) stages=$2 ;;
    --budget) budget=$2 ;;
    --pack) pack=$2 ;;
    --limit-mib) limit=$2 ;;
    --from) from=$(realpath "$2") ;;
    --build) architectures=$2 ;;
    --resume) resume=$(realpath "$2") ;;
    *) echo "gpu_check: $1 is no option" >&2; usage 2 >&2 ;;
  esac
  shift 2
done
for stage in ${stages//,/ }; do
  [[ ,$all_stages, == *,$stage,* ]] || { echo "gpu_check: --only $stage: none of $all_stages" >&2; exit 2; }
done
[[ $budget =~ ^[0-9]+$ && $limit =~ ^[0-9]+$ ]] ||
  { echo "gpu_check: --budget and --limit-mib take whole numbers" >&2; exit 2; }

programs=(fpanet_train fpanet_eval fpanet_tool test_cuda cuda_peaks)

if [[ -n $architectures ]]; then
  # Without MPI and GDAL, whose libraries would have to travel along.
  cmake -S . -B build/gpu -G Ninja -DCMAKE_BUILD_TYPE=Release -DFPANET_CUDA=ON -DFPANET_BENCH=ON \
    -DFPANET_MPI=OFF -DFPANET_GDAL=OFF -DFPANET_CUDA_ARCHITECTURES="$architectures" \
    --log-level=WARNING &&
    cmake --build build/gpu --target "${programs[@]}"
  exit
fi
if [[ -n $pack ]]; then
  if [[ -z $from ]]; then
    scripts/gpu_check.sh --build "${FPANET_CUDA_ARCHITECTURES:-90-real}" || exit 1
    from=$root/build/gpu/bin
  fi
  exec scripts/gpu_pack.sh "$pack" "$limit" "$from" "${shared:-$root/../shared}" "${programs[@]}"
fi

# A packed folder holds what a checkout takes from elsewhere.
work=$root/build/gpu_check
earlier=$(mktemp --directory)
if [[ -n $resume ]]; then
  tar --extract --file "$resume" --directory "$earlier" || exit 2
fi
rm -rf "$work"
mkdir -p "$work"
if [[ -d $root/bin_xz ]]; then
  shared=${shared:-$root/shared}
  if [[ -z $prebuilt ]]; then
    prebuilt=$work/bin
    mkdir -p "$prebuilt"
    for file in "$root"/bin_xz/*.xz; do
      program=$prebuilt/$(basename "${file%.xz}")
      xz --decompress --stdout "$file" > "$program" 2> /dev/null ||
        python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' \
          "$file" > "$program"
      chmod +x "$program"
    done
  fi
fi
shared=${shared:-$root/../shared}
bin=${prebuilt:-$root/build/gpu/bin}
log=$work/gpu_check.log
results=$work/stages.jsonl
start=$SECONDS
: > "$log"
: > "$results"
[[ ! -d $earlier/cache ]] || cp -r "$earlier/cache" "$work/"
cat "$root/commit" 2> /dev/null > "$work/commit" || scripts/gpu_pack.sh --commit > "$work/commit"

# Where CUDA's libraries are not installed system-wide, those that pip installed for PyTorch serve.
pip_libraries=$(python3 - 2>/dev/null <<'PYTHON'
import glob, nvidia
print(":".join(f for p in nvidia.__path__ for f in glob.glob(p + "/*/lib")))
PYTHON
)
LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$root/lib:$pip_libraries"
PATH=$PATH:/usr/local/cuda/bin
# Plans of convolutions are kept with the results.
export XDG_CACHE_HOME=$work/cache
mkdir -p "$XDG_CACHE_HOME"
export LD_LIBRARY_PATH FPANET_TEST_DATA=$root/tests/data FPANET_SHARED=$shared FPANET_PROGRAMS=$bin
export FPANET_PARITY_LOG=$work/parity.jsonl
: > "$FPANET_PARITY_LOG"

wanted() { [[ ,$stages, == *,$1,* ]]; }
left() { echo $((budget - (SECONDS - start))); }

note() {  # note STAGE NAME OUTCOME REASON STATUS SECONDS
  printf '{"stage": "%s", "name": "%s", "outcome": "%s", "reason": "%s", "status": %d, "seconds": %d}\n' \
    "$1" "$2" "$3" "${4//[\"\\]/}" "$5" "$6" >> "$results"
  printf '%4d s  %-11s %-10s %s%s\n' $((SECONDS - start)) "$3" "$1" "$2" "${4:+ ($4)}"
}

finish() {  # finish STATUS
  # A file of the earlier call stands where this one has none; lines are put before this one's.
  local file
  for file in stages.jsonl parity.jsonl; do
    cat "$earlier/$file" "$work/$file" > "$work/joined" 2> /dev/null
    mv "$work/joined" "$work/$file"
  done
  find "$earlier" -maxdepth 1 -name '*.json' ! -name gpu_record.json \
    -exec cp --no-clobber --target-directory "$work" {} +
  if python3 scripts/gpu_record.py --work "$work" >> "$log" 2>&1; then
    cp tests/gpu_record.json docs/gpu/record.md "$work/"
  else
    echo "gpu_check: no record was written, see $log" >&2
  fi
  rm -rf "${work:?}/bin" "${earlier:?}"
  tar --create --file "$root/build/gpu_check.tar" --directory "$work" --exclude=gpu_check.log . &&
    mv "$root/build/gpu_check.tar" "$work/"
  if [[ -n ${OUT:-} ]]; then cp "$log" "$work/gpu_check.tar" "$OUT/"; fi
  printf '\nlog: %s\nresults: %s\n' "$log" "$work/gpu_check.tar"
  exit "$1"
}

# check STAGE NAME USUAL LIMIT COMMAND...: runs it if its usual time fits, within its limit and what
# is left. Its output goes to the log, its outcome to stages.jsonl.
check() {
  local stage=$1 name=$2 usual=$3 limit=$4 began=$SECONDS status outcome reason='' rest
  shift 4
  wanted "$stage" || return 0
  if [[ $stage != build ]] && grep --quiet --no-messages --fixed-strings \
    "\"stage\": \"$stage\", \"name\": \"$name\", \"outcome\": \"passed\"" "$earlier/stages.jsonl"; then
    return 0
  fi
  rest=$(left)
  if ((rest < usual)); then
    note "$stage" "$name" 'not run' "$rest s are left; it takes about $usual" -1 0
    return 1
  fi
  { echo; echo "== $stage: $name"; } >> "$log"
  timeout --kill-after=5 $((limit < rest ? limit : rest)) "$@" >> "$log" 2>&1
  status=$?
  case $status in
    0) outcome=passed ;;
    77) outcome='not run' reason=$(grep 'skipped' "$log" | tail -n 1 | cut -c -120) ;;
    124 | 137) outcome='out of time' ;;
    126 | 127) outcome=failed reason='the program or a library is missing' ;;
    *) outcome=failed ;;
  esac
  note "$stage" "$name" "$outcome" "$reason" "$status" $((SECONDS - began))
  [[ $outcome == passed ]]
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader > "$work/gpu" 2>> "$log"

if wanted build && [[ -z $prebuilt ]]; then
  check build 'programs' 60 400 scripts/gpu_check.sh --build native || finish 1
fi

# What passed before counts if it was the same code: the same commit and the same programs.
(cd "$bin" && cksum "${programs[@]}") > "$work/programs" 2>> "$log"
for file in commit programs; do
  cmp --quiet "$work/$file" "$earlier/$file" || rm -f "$earlier"/*.jsonl "$earlier"/*.json
done

# Without its libraries a program cannot start, and no later stage would tell more.
missing=$(for program in "${programs[@]}"; do
  [[ -x $bin/$program ]] || echo "$program itself"
  ldd "$bin/$program" 2>> "$log" | sed --quiet 's/^[[:space:]]*\(.*\) => not found/\1/p'
done | sort --unique | tr '\n' ' ')
missing=${missing% }
if [[ -n $missing ]]; then
  note smoke 'programs and their libraries' failed "not found: $missing" 127 0
  finish 1
fi
note smoke 'programs and their libraries' passed '' 0 0
check smoke 'the GPU is listed' 1 30 \
  bash -c "'$bin/fpanet_tool' devices | tee '$work/devices' && grep --quiet cuda:0 '$work/devices'" ||
  finish 1

parity() {  # parity STAGE NAME USUAL LIMIT: one process a test case, for a crash takes the GPU along
  check "$1" "$2" "$3" "$4" "$bin/test_cuda" --no-colors --test-case="${2//,/\\,}"
}
bench() {  # bench STAGE NAME USUAL LIMIT [VARIABLE=VALUE] ARGUMENTS...
  local stage=$1 name=$2 usual=$3 limit=$4 setting=()
  shift 4
  if [[ $1 == *=* ]]; then setting=(env "$1"); shift; fi
  check "$stage" "$name" "$usual" "$limit" "${setting[@]}" "$bin/fpanet_tool" bench --device cuda --image-size 320 \
    --json "$work/bench_${name// /_}.json" "$@"
}

check smoke peaks 10 60 bash -c "'$bin/cuda_peaks' > '$work/bench_peaks.json'"
parity smoke 'cuda ops: fp32 samples, forward and backward, used once and twice' 20 90
parity smoke 'cuda ops: bf16 samples, forward and backward, used once and twice' 20 90
parity smoke 'cuda ops: the same bits twice, eager, planned and as a replayed graph' 15 60
parity smoke 'cuda ops: convolutions and products of small integers are exact in fp32' 10 60

bench speed 'train 16 bf16 ops' 45 150 --task train --batch 16 --precision bf16 --repeat 20 --ops
bench speed 'train 16 bf16' 8 60 --task train --batch 16 --precision bf16 --repeat 50
bench speed 'infer 8 bf16 ops' 25 90 --task infer --batch 8 --precision bf16 --repeat 20 --ops
bench speed 'infer 8 bf16' 5 60 --task infer --batch 8 --precision bf16 --repeat 100

for name in 'fp32 and bf16' 'the same bits twice, eager, planned and as a replayed graph' \
  'products of small integers are exact in fp32' 'tf32 rounds the factors of products, fp32 does not'; do
  parity shapes "cuda real shapes: $name" 20 90
done
for name in "probabilities and loss against PyTorch's float64" "evaluation mode against PyTorch's float32" \
  'folded batch norms, fp32' 'bf16 against PyTorch, training, evaluation and folded' \
  'three deterministic training steps give the same bits twice'; do
  parity model "cuda model: $name" 10 60
done
parity model "cuda batches: resident scenes and the loader's batches train to the same bits" 10 60
parity model 'cuda nccl: one rank has its own values, also out of a CUDA graph' 10 60
parity model 'cuda nccl: two ranks with a GPU each compute the step of one process' 20 90
parity trajectory 'cuda trajectory: bf16 training on real tiles stays near float64' 30 120
parity trajectory 'cuda trajectory: fp32 training on real tiles stays near float64' 30 120

bench more 'infer 1 bf16' 20 60 --task infer --batch 1 --precision bf16 --repeat 100
bench more 'train 16 bf16 resident ops' 20 60 --task train --batch 16 --precision bf16 --repeat 10 --ops --resident
bench more 'train 16 bf16 no graph' 10 60 FPANET_CUDA_GRAPH=0 --task train --batch 16 --precision bf16 --repeat 30
bench more 'train 16 bf16 dependent launch' 10 60 FPANET_CUDA_DEPENDENT_LAUNCH=1 --task train --batch 16 \
  --precision bf16 --repeat 50
check more 'the same bits, dependent launch' 15 60 env --unset=FPANET_PARITY_LOG FPANET_CUDA_DEPENDENT_LAUNCH=1 \
  "$bin/test_cuda" --no-colors --test-case='cuda ops: the same bits twice\, eager\, planned and as a replayed graph'
for precision in tf32 fp32; do
  bench more "train 16 $precision" 45 120 --task train --batch 16 --precision $precision --repeat 20
  bench more "infer 8 $precision" 20 60 --task infer --batch 8 --precision $precision --repeat 30
  bench more "infer 1 $precision" 15 60 --task infer --batch 1 --precision $precision --repeat 50
done

peer() {  # peer NAME USUAL SETTING
  check torch "$1" "$2" 200 bash -c "
    python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' ||
      { echo 'skipped: no PyTorch with CUDA'; exit 77; }
    python3 bench/compare_gpu.py --tool '$bin/fpanet_tool' --precisions bf16 --rounds 2 \
      --settings '$3' --budget $2 --json '$work/compare_${3// /_}.json'"
}
peer 'PyTorch eager in turns with the engine, bf16' 40 'eager bf16 channels_last'
peer 'PyTorch reduce-overhead in turns with the engine, bf16' 80 'reduce-overhead bf16 channels_last'

# Only our own kernels: all of them are called run_blocks, and those of cuDNN would take minutes.
# Deterministic, so that no engine is measured.
own_kernels='--kernel-name kns=run_blocks --report-api-errors no --error-exitcode 9'
sanitizer() {  # sanitizer TOOL PRECISION USUAL
  check sanitize "compute-sanitizer $1, $2 samples" "$3" 120 bash -c "
    command -v compute-sanitizer > /dev/null || { echo 'skipped: no compute-sanitizer'; exit 77; }
    env --unset=FPANET_PARITY_LOG FPANET_TEST_DETERMINISTIC=1 compute-sanitizer --tool $1 \
      $own_kernels --print-limit 20 \
      '$bin/test_cuda' --no-colors --test-case='cuda ops: $2 samples*'"
}
check sanitize 'compute-sanitizer works here' 10 40 bash -c "
  command -v compute-sanitizer > /dev/null || { echo 'skipped: no compute-sanitizer'; exit 77; }
  compute-sanitizer $own_kernels '$bin/fpanet_tool' devices" && {
  sanitizer memcheck bf16 40
  sanitizer racecheck fp32 40
  sanitizer synccheck fp32 30
  sanitizer initcheck fp32 30
  sanitizer memcheck fp32 40
}

check profile 'Nsight Compute, five kernels' 40 120 bash -c "
  command -v ncu > /dev/null || { echo 'skipped: no ncu'; exit 77; }
  ncu --clock-control none --set basic --csv --kernel-name-base demangled --launch-count 5 \
    --kernel-name 'regex:BatchNorm|ColumnSums|ConcatKernel|MaxPool|AdamW' \
    '$bin/fpanet_tool' bench --device cuda --task train --batch 16 --image-size 320 \
    --precision bf16 --repeat 1 --warmup 1 > '$work/ncu.csv' && exit
  grep --quiet ERR_NVGPUCTRPERM '$work/ncu.csv' || exit 1
  echo 'skipped: this machine does not let programs read performance counters'
  exit 77"

if grep --quiet '"outcome": "\(failed\|out of time\)"' "$results"; then finish 1; fi
finish 0
