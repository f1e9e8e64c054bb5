#!/usr/bin/env python3
"""Compares this engine with PyTorch on the CPU, measured in turns.

    bench/compare_pytorch.sh                                        # everything: an hour or more
    bench/compare_pytorch.sh --cases train:8:320 --settings eager:channels_last --json compare.json
    bench/compare_pytorch.sh --precision bf16                       # against autocast, if the CPU has AVX512-BF16
    bench/compare_pytorch.sh --table-only --json compare.json --markdown compare.md

A case is TASK:BATCH:SIZE. A setting of PyTorch is MODE:LAYOUT, where MODE is eager or compile. In every
round, each side is started in a new process, warmed up and timed for --repeat steps with the same
number of threads. The times of a pair are the medians over rounds of each round's median. Peak memory
is the largest resident set of the process. With --json, earlier pairs are kept, so that a long
comparison can be done a few cases at a time on a shared machine. The table shows PyTorch's fastest
setting for each case. torch.compile compiles before its first step and stores the result in its own
cache: run a case once with --rounds 0 to fill that cache in advance.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile

CASES = ("train:1:320,train:8:320,train:16:320,infer:1:320,infer:8:320,"
         "train:1:512,train:8:512,train:16:512,infer:1:512,infer:8:512")
SETTINGS = "eager:channels_last,eager:contiguous,compile:channels_last,compile:contiguous"
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch_peer.py")


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", default="build/bin/fpanet_tool", help="path of fpanet_tool")
    parser.add_argument("--cases", default=CASES, metavar="TASK:BATCH:SIZE,...")
    parser.add_argument("--settings", default=SETTINGS, metavar="MODE:LAYOUT,...",
                        help="settings of PyTorch: eager or compile, channels_last or contiguous")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32",
                        help="precision of both sides; bf16 is autocast in PyTorch")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=3, help="timed steps per round")
    parser.add_argument("--warmup", type=int, default=1, help="untimed steps per round")
    parser.add_argument("--json", default="", help="keep the measured pairs in this file")
    parser.add_argument("--markdown", default="", help="write the table here")
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    return parser.parse_args()


def run_bench(command):
    """Runs a program that writes its results with --json, and returns them."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.json")
        done = subprocess.run([*command, "--json", path], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            message = done.stderr.strip() or f"exit status {done.returncode}"
            raise SystemExit(f"{' '.join(command)}: {message}")
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def measure(args, case, setting):
    """Measures one pair: a case with one setting of PyTorch."""
    task, batch, size = case.split(":")
    mode, layout = setting.split(":")
    common = ["--task", task, "--batch", batch, "--image-size", size, "--threads",
              str(args.threads), "--warmup", str(args.warmup), "--precision", args.precision]
    ours = [args.tool, "bench", *common, "--device", "cpu"]
    theirs = [sys.executable, PEER, *common, "--layout", layout]
    if mode == "compile":
        theirs += ["--compile", "default"]
    if args.rounds == 0:
        run_bench([*theirs, "--repeat", "1"])
        return None
    repeat = ["--repeat", str(args.repeat)]
    rounds = [(run_bench(ours + repeat), run_bench(theirs + repeat)) for _ in range(args.rounds)]

    def of(side, key):
        return [pair[side][key] for pair in rounds]

    return {"case": case, "setting": setting, "precision": args.precision, "threads": args.threads,
            "torch": rounds[0][1]["framework"],
            "seconds": statistics.median(of(0, "median_seconds")),
            "torch_seconds": statistics.median(of(1, "median_seconds")),
            "all_seconds": of(0, "median_seconds"), "all_torch_seconds": of(1, "median_seconds"),
            "peak_bytes": max(of(0, "peak_bytes")),
            "torch_peak_bytes": max(of(1, "peak_bytes"))}


def precision_of(pair):
    return pair.get("precision", "fp32")


def table(pairs):
    """A Markdown table with one row per case: the pair with PyTorch's fastest setting."""
    lines = ["| Case | PyTorch's best setting | PyTorch s | ours s | ratio | PyTorch MB | ours MB | "
             "memory ratio |", "|---|---|---|---|---|---|---|---|"]
    order = {case: i for i, case in enumerate(CASES.split(","))}

    def row_of(pair):
        return (order.get(pair["case"], len(order)), pair["case"], precision_of(pair))

    for (_, case, precision), group in itertools.groupby(sorted(pairs, key=row_of), key=row_of):
        best = min(group, key=lambda pair: pair["torch_seconds"])
        task, batch, size = case.split(":")
        name = {"train": "training step", "infer": "inference"}[task]
        if precision != "fp32":
            name = f"{name} in {precision}"
        lines.append(
            f"| {name}, batch {batch}, {size}x{size} | {best['setting'].replace(':', ', ')} | "
            f"{best['torch_seconds']:.3f} | {best['seconds']:.3f} | "
            f"{best['torch_seconds'] / best['seconds']:.2f} | "
            f"{best['torch_peak_bytes'] / 1e6:.0f} | {best['peak_bytes'] / 1e6:.0f} | "
            f"{best['peak_bytes'] / best['torch_peak_bytes']:.2f} |")
    return "\n".join(lines)


def load(path):
    if not path or not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    args = parse_args()
    pairs = load(args.json)
    wanted = itertools.product(args.cases.split(","), args.settings.split(","))
    for case, setting in [] if args.table_only else wanted:
        pair = measure(args, case, setting)
        if pair is None:
            continue
        key = (case, setting, args.precision)
        pairs = [p for p in pairs if (p["case"], p["setting"], precision_of(p)) != key] + [pair]
        print(f"{case} in {args.precision} against {setting}: {pair['torch_seconds']:.4f} / {pair['seconds']:.4f} s = "
              f"{pair['torch_seconds'] / pair['seconds']:.2f}, memory {pair['peak_bytes']:.4g} / "
              f"{pair['torch_peak_bytes']:.4g} bytes", flush=True)
        if args.json:
            with open(args.json, "w", encoding="utf-8") as file:
                json.dump(pairs, file, indent=1)
                file.write("\n")
    if not pairs:
        return
    print(table(pairs))
    if args.markdown:
        with open(args.markdown, "w", encoding="utf-8") as file:
            file.write(table(pairs) + "\n")


if __name__ == "__main__":
    main()
