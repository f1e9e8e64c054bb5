#!/usr/bin/env bash
# Trains variants of a recipe one after the other, each with several seeds, and judges each on the
# validation part (or once, at the end, on the test part). A row is added to a CSV file as each run ends,
# and a run that has its row is not repeated: stop it and start it again as you like.
#
#     scripts/ablate.sh --data DIR --split FILE.csv [--variants FILE] [--only 'NAME NAME'] [--seeds '1 2']
#     scripts/ablate.sh --table          # the table of all rows so far, as Markdown
#
#   --data DIR        *_sat.jpg, *_mask.png and class_dict.csv (default: ../shared/data/deepglobe_tiles)
#   --split FILE      id,split (scripts/split_by_group.py makes one from ground groups)
#   --variants FILE   a line each, names without spaces: NAME | flags of fpanet_train | flags of fpanet_eval. The line "common"
#                     holds flags for all of them; "= OTHER" judges the runs of OTHER by other flags of
#                     fpanet_eval (default: docs/results/variants.txt)
#   --only NAMES      these variants only     --seeds '1 2'     --part val|test (judged on; default val)
#   --rows FILE       the CSV file (default: docs/results/ablation.csv)
#   --bin DIR         programs (default: build/bin)     --work DIR   runs (default: build/ablation)
#   --commit          commits the CSV file in git after each row
set -euo pipefail
cd "$(dirname "$0")/.."

data=../shared/data/deepglobe_tiles split='' variants=docs/results/variants.txt only='' seeds='1 2'
part=val rows=docs/results/ablation.csv bin=build/bin work=build/ablation table='' commit=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --help) sed --quiet '2,/^set /{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --table) table=yes; shift; continue ;;
    --commit) commit=yes; shift; continue ;;
    --data | --split | --variants | --only | --seeds | --part | --rows | --bin | --work)
      [[ $# -ge 2 ]] || { echo "ablate: $1 needs a value" >&2; exit 2; }
      printf -v "${1#--}" '%s' "$2"
      ;;
    *) echo "ablate: $1 is no option" >&2; exit 2 ;;
  esac
  shift 2
done
if [[ -n $table ]]; then
  exec python3 scripts/ablation_table.py table "$rows"
fi
[[ -d $data ]] || { echo "ablate: there is no folder $data: name one with --data" >&2; exit 2; }
[[ -f $split ]] || { echo "ablate: --split needs a file, not '$split'" >&2; exit 2; }

trimmed() { local text=$1; text=${text#"${text%%[![:space:]]*}"}; printf '%s' "${text%"${text##*[![:space:]]}"}"; }
# The second or third column of a variant's line.
column() {
  awk -v name="$1" -v column="$2" -F '|' '
    function trimmed(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
    !/^#/ && trimmed($1) == name { print trimmed($column) }' "$variants"
}
names() {
  awk -F '|' '!/^#/ && NF { gsub(/^[ \t]+|[ \t]+$/, "", $1); if ($1 != "common") print $1 }' "$variants"
}

mkdir -p "$work"
# Seeds outside, so that every variant has its first number early.
for seed in $seeds; do
  for name in ${only:-$(names)}; do
    if python3 scripts/ablation_table.py has "$rows" "$name" "$seed" "$part"; then continue; fi
    flags=$(column "$name" 2) judged=$(column "$name" 3) trained=$name
    if [[ $flags == =* ]]; then
      trained=$(trimmed "${flags#=}")
      flags=$(column "$trained" 2)
    fi
    run=$work/$trained-$seed
    read -r -a recipe <<< "$(column common 2) $flags"
    read -r -a judging <<< "$judged"
    if [[ ! -e $run/report.html || ! -e $run/seconds ]]; then
      began=$SECONDS
      if [[ -e $run/config.toml ]]; then
        "$bin/fpanet_train" --resume "$run" --quiet
      else
        rm -rf "$run"
        "$bin/fpanet_train" --data "$data" --split "$split" --seed "$seed" --run "$run" --quiet "${recipe[@]}"
      fi
      echo $((SECONDS - began)) > "$run/seconds"
    fi
    "$bin/fpanet_eval" --checkpoint "$run" --data "$data" --split "$part" --quiet \
      --json "$run/$name-$part.json" "${judging[@]}" > "$run/$name-$part.txt"
    python3 scripts/ablation_table.py add "$rows" "$name" "$seed" "$part" "$run" "$flags ${judging[*]}"
    if [[ -n $commit ]]; then
      git add "$rows"
      git commit --quiet --message "results: $name, seed $seed, on $part" -- "$rows"
    fi
  done
done
exec python3 scripts/ablation_table.py table "$rows"
