#!/usr/bin/env python3
"""Compares FPA-Net in this engine and in PyTorch on one GPU, measured in turns.

    python3 bench/compare_gpu.py --tool build/bin/fpanet_tool --json compare.json

Every workload (training step at batch 16, inference at batch 1 and 8) is measured in rounds. In each
round, every PyTorch setting of bench/pytorch_peer.py and every precision of the engine takes its turn
on the warm GPU, so that a change of clocks or of other load affects all of them equally. A row is the
median over rounds. PyTorch's time is the better of two: with a synchronisation after each step, and
with all steps queued together. The compiled setting comes last, because compiling takes minutes. Once
the time is up (--budget), no new measurement starts; all finished rows are in --json.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import torch

import pytorch_peer

ENGINE_PRECISIONS = ["fp32", "tf32", "bf16"]


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="path of fpanet_tool")
    parser.add_argument("--workloads", default="train:16,infer:1,infer:8", metavar="TASK:BATCH,...")
    parser.add_argument("--settings", default=",".join(pytorch_peer.SETTINGS),
                        help="settings of PyTorch, by name")
    parser.add_argument("--precisions", default=",".join(ENGINE_PRECISIONS), help="precisions of the engine")
    parser.add_argument("--image-size", type=int, default=320)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=20, help="steps per round")
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--budget", type=float, default=500, metavar="SECONDS",
                        help="start no new measurement after this time")
    parser.add_argument("--json", default="", help="write the rows here, after each workload")
    parser.add_argument("--markdown", default="", help="write the table here")
    return parser.parse_args()


class Engine:
    """`fpanet_tool bench` at one precision."""

    def __init__(self, args, task, batch, precision):
        self.name = f"fpanet {precision}"
        self.command = [args.tool, "bench", "--task", task, "--batch", str(batch), "--image-size",
                        str(args.image_size), "--device", args.device, "--precision", precision,
                        "--repeat", str(args.repeat), "--warmup", str(args.warmup)]
        self.peak = 0

    def measure(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bench.json")
            done = subprocess.run([*self.command, "--json", path], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")
            with open(path, encoding="utf-8") as file:
                result = json.load(file)
        self.peak = result["peak_bytes"]
        return result["median_seconds"]


class Peer:
    """PyTorch with one setting, warmed up."""

    def __init__(self, args, task, batch, name):
        self.name = f"torch {name}"
        self.repeat = args.repeat
        self.step = pytorch_peer.Step(task, batch, args.image_size, args.device,
                                      pytorch_peer.SETTINGS[name])
        for _ in range(args.warmup):
            self.step()
        self.step.synchronize()
        self.peak = self.step.peak_bytes()

    def measure(self):
        seconds, queued = self.step.measure(self.repeat)
        return min(statistics.median(seconds), queued)


def compare(args, task, batch, makers):
    """Rows of one workload; every contestant is measured once per round."""
    contestants, rows = [], []
    for name, make in makers:
        try:
            contestants.append(make())
        except Exception as error:  # one failing setting must not lose the whole table
            rows.append({"who": name, "task": task, "batch": batch, "error": str(error)[:300]})
    times = {contestant.name: [] for contestant in contestants}
    failed = {}
    for _ in range(args.rounds):
        for contestant in contestants:
            if contestant.name in failed:
                continue
            try:
                times[contestant.name].append(contestant.measure())
            except Exception as error:
                failed[contestant.name] = str(error)[:300]
    for contestant in contestants:
        row = {"who": contestant.name, "task": task, "batch": batch}
        if contestant.name in failed:
            rows.append({**row, "error": failed[contestant.name]})
            continue
        seconds = times[contestant.name]
        rows.append({**row, "median_seconds": statistics.median(seconds),
                     "min_seconds": min(seconds), "max_seconds": max(seconds),
                     "rounds": len(seconds), "peak_bytes": contestant.peak})
    return rows


def table(rows):
    """A Markdown table. The last column is the row's time divided by the engine's best time in the
    same group."""
    lines = ["| Workload | Who | ms | images/s | peak MB | times the engine's best |",
             "|---|---|---|---|---|---|"]
    for row in rows:
        workload = f"{row['task']}, batch {row['batch']}"
        if "error" in row:
            lines.append(f"| {workload} | {row['who']} | failed: {row['error'].splitlines()[-1]} | | | |")
            continue
        ours = [r["median_seconds"] for r in rows
                if r["who"].startswith("fpanet") and "error" not in r
                and (r["task"], r["batch"], r["group"]) == (row["task"], row["batch"], row["group"])]
        ratio = f"{row['median_seconds'] / min(ours):.2f}" if ours else ""
        lines.append(f"| {workload} | {row['who']} | {row['median_seconds'] * 1e3:.3f} | "
                     f"{row['batch'] / row['median_seconds']:.1f} | {row['peak_bytes'] / 1e6:.0f} | "
                     f"{ratio} |")
    return "\n".join(lines)


def write_results(args, rows):
    if args.json:
        on_cuda = args.device.startswith("cuda")
        gpu = torch.cuda.get_device_name() if on_cuda else "cpu"
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"torch": torch.__version__, "gpu": gpu, "image_size": args.image_size,
                       "rows": rows}, file, indent=1)
            file.write("\n")
    if args.markdown:
        with open(args.markdown, "w", encoding="utf-8") as file:
            file.write(table(rows) + "\n")


def main():
    args = parse_args()
    start = time.monotonic()
    workloads = [(w.split(":")[0], int(w.split(":")[1])) for w in args.workloads.split(",")]
    settings = args.settings.split(",")
    unknown = [name for name in settings if name not in pytorch_peer.SETTINGS]
    if unknown:
        raise SystemExit(f"--settings {unknown[0]}: none of {', '.join(pytorch_peer.SETTINGS)}")
    eager = [name for name in settings if not pytorch_peer.SETTINGS[name].compile]
    compiled = [name for name in settings if pytorch_peer.SETTINGS[name].compile]
    rows = []
    for group, names in (("eager", eager), ("compiled", compiled)):
        for task, batch in workloads:
            if not names or time.monotonic() - start > args.budget:
                continue
            engines = [(f"fpanet {p}", lambda p=p: Engine(args, task, batch, p))
                       for p in args.precisions.split(",")]
            peers = [(f"torch {n}", lambda n=n: Peer(args, task, batch, n)) for n in names]
            found = compare(args, task, batch, engines + peers)
            rows += [{**row, "group": group} for row in found]
            print(f"{task} batch {batch}, {group}: done after {time.monotonic() - start:.0f} s",
                  flush=True)
            write_results(args, rows)
    print(table(rows))


if __name__ == "__main__":
    main()
