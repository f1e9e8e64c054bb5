#!/usr/bin/env bash
# Rehearses scripts/gpu_check.sh without a GPU, as on a rented machine: a packed folder somewhere
# else, no git, no package manager, no CMake, and an empty environment. Stubs stand for the programs:
# all well, failing, skipping, hanging, and with a library missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
source=$PWD
place=$(mktemp --directory)
trap '[[ -n ${KEEP:-} ]] || rm -rf "$place"' EXIT

fail() { echo "gpu_check rehearsal: $1" >&2; tail -n 40 "$place/screen" >&2; exit 1; }
expect() { grep --quiet --extended-regexp "$1" "$place/screen" || fail "nothing says '$1'"; }

# The tools that a plain image has. ldd names a library as missing if the file `missing` exists.
mkdir "$place/tools" "$place/stubs" "$place/out"
for tool in awk basename bash cat chmod cksum cmp cp cut dirname env find grep ls mkdir mktemp mv \
  realpath rm sed sleep sort tail tar tee timeout tr; do
  ln -s "$(command -v "$tool")" "$place/tools/$tool"
done
# Not what `command -v` finds, which may be a script of a version manager.
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$place/tools/python3"
stub() { printf '#!/bin/bash\n%s\n' "$2" > "$1"; chmod +x "$1"; }
stub "$place/tools/nvidia-smi" 'echo "NVIDIA H200, 580.95, 143771 MiB"'
stub "$place/tools/ldd" "[[ ! -e $place/missing ]] || echo '	libcudnn.so.9 => not found'"

# `behave` holds what test_cuda does for a test case that matches.
stub "$place/stubs/test_cuda" "echo \"\$@\" >> $place/calls
while read -r pattern action; do
  if [[ \$* == *\$pattern* ]]; then eval \"\$action\"; fi
done < $place/behave"
stub "$place/stubs/fpanet_tool" "if [[ \$1 == devices ]]; then echo 'cuda:0 NVIDIA H200'; exit; fi
while [[ \$# -gt 0 ]]; do if [[ \$1 == --json ]]; then file=\$2; fi; shift; done
echo '{\"task\": \"train\", \"batch\": 16, \"precision\": \"bf16\", \"median_seconds\": 0.004,
  \"min_seconds\": 0.004, \"images_per_second\": 4000, \"peak_bytes\": 1, \"graph_nodes\": 345}' > \"\$file\""
stub "$place/stubs/cuda_peaks" \
  'echo "{\"copy_bytes_per_second\": 4e12, \"flops\": {\"bf16\": 8e14, \"tf32\": 4e14, \"fp32\": 5e13}}"'
stub "$place/stubs/fpanet_train" 'exit 0'
stub "$place/stubs/fpanet_eval" 'exit 0'

shared=${FPANET_SHARED:-$source/../shared}
"$source/scripts/gpu_check.sh" --pack "$place/pack" --limit-mib 64 --from "$place/stubs" \
  --shared "$shared" > "$place/screen" 2>&1 || fail 'packing fails'
expect 'MiB +.*pack$'
if "$source/scripts/gpu_check.sh" --pack "$place/small" --limit-mib 1 --from "$place/stubs" \
  --shared "$shared" > "$place/screen" 2>&1 && [[ -d $shared/goldens ]]; then
  fail 'more than the limit was packed'
fi

run() {  # run STATUS ARGUMENTS...: the packed check ends with STATUS
  local wanted=$1 status=0
  shift
  rm -f "$place/calls" "$place"/out/*
  touch "$place/calls"
  env --ignore-environment PATH="$place/tools" OUT="$place/out" "$place/tools/bash" \
    "$place/pack/scripts/gpu_check.sh" "$@" > "$place/screen" 2>&1 || status=$?
  [[ $status == "$wanted" ]] || fail "exit status $status instead of $wanted for: $*"
  [[ $(cd "$place/out" && echo *) == 'gpu_check.log gpu_check.tar' ]] || fail 'other results'
}
recorded() {  # recorded PATTERN: the record has a line like that
  tar --extract --to-stdout --file "$place/out/gpu_check.tar" ./record.md > "$place/record"
  grep --quiet "$1" "$place/record" || fail "no '$1' in the record"
}

# All well: what needs no tool that is missing has passed, and the rest says why it has not run.
: > "$place/behave"
run 0 --budget 300
expect 'passed +smoke +cuda ops: fp32 samples'
expect 'passed +speed +train 16 bf16$'
expect 'passed +trajectory +cuda trajectory: bf16'
expect 'not run +torch .*skipped: no PyTorch'
expect 'not run +sanitize +compute-sanitizer works here .*no compute-sanitizer'
expect 'not run +profile .*no ncu'
recorded '| train 16 bf16 | 4.000 | 4000 | 0 | 345 |'
recorded 'PyTorch eager.*| not run: skipped: no PyTorch'
recorded '| compute-sanitizer memcheck, bf16 samples | not run'

# The next call goes on: what passed is not run again, and stays in the record.
cp "$place/out/gpu_check.tar" "$place/first.tar"
mkdir "$place/cache"
tar --extract --file "$place/first.tar" --directory "$place/cache"
mkdir -p "$place/cache/cache/fpanet/cudnn"
echo '{}' > "$place/cache/cache/fpanet/cudnn/GPU.json"
tar --create --file "$place/first.tar" --directory "$place/cache" .
run 0 --budget 300 --resume "$place/first.tar"
[[ ! -s $place/calls ]] || fail 'a test that had passed was run again'
recorded 'cuda ops: fp32 samples.*| passed'
tar --extract --to-stdout --file "$place/out/gpu_check.tar" ./cache/fpanet/cudnn/GPU.json \
  > "$place/plans" 2>&1 || fail 'the plans of convolutions are lost'
# Of other code, nothing counts.
echo another > "$place/pack/commit"
run 0 --budget 300 --resume "$place/first.tar"
[[ -s $place/calls ]] || fail 'outcomes of another commit were taken'

# Nor of other programs, whatever commit they say they are.
run 0 --budget 300
cp "$place/out/gpu_check.tar" "$place/first.tar"
echo '# other' | xz >> "$place/pack/bin_xz/test_cuda.xz"
run 0 --budget 300 --resume "$place/first.tar"
[[ -s $place/calls ]] || fail 'outcomes of other programs were taken'
expect '^ +[0-9]+ s +passed +more +train 16 bf16 no graph$'
recorded '| train 16 bf16 no graph | 4.000'

# A failure does not take the others along; a skipped test has not passed.
printf '%s\n' 'integers exit 1' 'folded echo skipped: the golden is not at hand; exit 77' \
  'evaluation kill -SEGV $$' > "$place/behave"
run 1 --budget 300 --only smoke,model
expect 'failed +smoke +cuda ops: convolutions and products of small integers'
expect 'not run +model +cuda model: folded .*the golden is not at hand'
expect 'failed +model +cuda model: evaluation'
expect 'passed +model +cuda batches'
recorded 'small integers are exact in fp32 | failed'

# Tools that are there but may not measure have not run.
: > "$place/behave"
stub "$place/tools/ncu" 'echo "==ERROR== ERR_NVGPUCTRPERM"; exit 1'
stub "$place/tools/compute-sanitizer" 'exit 0'
run 0 --budget 300 --only smoke,sanitize,profile
expect 'not run +profile .*performance counters'
expect 'passed +sanitize +compute-sanitizer racecheck'
recorded 'Nsight Compute, five kernels | not run: skipped: this machine'
stub "$place/tools/ncu" 'echo "another error"; exit 1'
run 1 --budget 300 --only profile
expect 'failed +profile'
rm "$place/tools/ncu" "$place/tools/compute-sanitizer"

# A test that hangs ends with the time that is left, and what does not fit is not begun.
echo 'fp32 exec sleep 100' > "$place/behave"
run 1 --budget 30 --only smoke,speed
expect 'out of time +smoke +cuda ops: fp32 samples'
expect 'not run +smoke +cuda ops: bf16 samples.*s are left; it takes about 20'

# Without a library nothing is run, and nothing passes.
touch "$place/missing"
run 1 --budget 300
expect 'failed +smoke +programs and their libraries \(not found: libcudnn.so.9'
[[ ! -s $place/calls ]] || fail 'a program without its library was run'
! grep --quiet passed "$place/screen" || fail 'something passed without its library'

echo 'the check was rehearsed: all well, going on, failing, skipping, hanging, without a library'
