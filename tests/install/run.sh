#!/usr/bin/env bash
# Installs a build into a fresh folder, and builds and runs examples there as a project of its own, with CMake and by
# hand. WORK is emptied.
#
#     run.sh BUILD WORK CXX
set -euo pipefail

build=$1 work=$2 cxx=$3
export OMP_NUM_THREADS=2
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cd "$work"

for program in train eval predict tool; do
  prefix/bin/fpanet_$program --version
  grep --quiet "^.TH FPANET_${program^^} 1 " prefix/share/man/man1/fpanet_$program.1
  bash -n prefix/share/bash-completion/completions/fpanet_$program
  grep --quiet "^#compdef fpanet_$program" prefix/share/zsh/vendor-completions/_fpanet_$program
done

# What bash offers after some words.
completed() { # WORD...
  bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"; echo "${COMPREPLY[*]}"' \
    "prefix/share/bash-completion/completions/$1" "$@"
}
expect() { # TEXT COMMAND...
  local text=$1 got
  shift
  got=$(completed "$@")
  [[ $got == "$text" ]] || { echo "completion of '$*' is '$got', not '$text'" >&2; exit 1; }
}
expect "--batch-size" fpanet_train --batch-s
expect "summary synth" fpanet_tool s
expect "train" fpanet_tool explain --task t
expect "list" fpanet_tool weights l
expect "prefix" fpanet_tool weights list pre
expect "" fpanet_tool explain --batch ""

# The examples, as a project that knows the prefix only.
cp -r prefix/share/fpanet/examples project
cmake -S project -B out -DCMAKE_PREFIX_PATH="$PWD/prefix" -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_BUILD_TYPE=Debug >configure.log
cmake --build out --target two_layers predict >build.log
out/two_layers

# A folder of pictures and a training of one epoch, then the network used from C++.
prefix/bin/fpanet_tool synth --out scenes --count 12 --size 64 --seed 1 >/dev/null
prefix/bin/fpanet_train --data scenes --image-size 64 --epochs 1 --batch-size 4 --encoder resnet18 \
  --decoder-channels 16,16,8,8,4 --device cpu --threads 2 --run run --quiet
prefix/bin/fpanet_eval --checkpoint run --data scenes --split val --device cpu --json eval.json >/dev/null
prefix/bin/fpanet_predict --checkpoint run --image scenes/0000_sat.jpg --out maps --device cpu --quiet >/dev/null
out/predict run/checkpoints/best.safetensors scenes/0000_sat.jpg mask.png
cmp mask.png maps/0000_sat_mask.png

# By hand, without CMake; CUDA's runtime, if the build has it, would come to it.
if ! grep --quiet '^FPANET_CUDA:STRING=OFF' "$build/CMakeCache.txt"; then
  echo "not built by hand: this build may have CUDA"
else
  "$cxx" -std=c++20 -fopenmp -I prefix/include/fpanet project/custom_op.cpp -L prefix/lib -lfpanet_layers \
    -lfpanet_kernels -lfpanet_engine -lfmt -lz -o custom_op
  ./custom_op
fi
