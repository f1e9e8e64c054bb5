#!/usr/bin/env python3
"""Compares inference on the CPU, in turns, on the same network: this engine, ONNX Runtime, OpenVINO, torch.compile.

    bench/compare_inference.sh                                # windows of 320 pixels at batch 1 and 8
    bench/compare_inference.sh --raster 10000 --batches ""    # the same four cut a raster of 10,000 x 10,000
    bench/compare_inference.sh --sides ours,onnxruntime --rounds 5 --json compare.json

The network is FPA-Net with ResNet-34, trained for one step: how fast it is does not depend on its weights. It goes to
the others as fpanet_tool export writes it, as ONNX and as a folder for the Hugging Face Hub. In every round each side
is a new process, warmed up, with the same number of threads, and computes in f32; times are medians over rounds of
each round's median. With --raster, a side reads a synthetic raster, runs the network on windows with an overlap of a
quarter at batch 8, blends them with the same weights and keeps the likeliest class; of the others that is a loop in
Python around their own batch, with the raster in a plain file. Ours is fpanet_predict, which reads and writes GeoTIFF.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

SIDES = ["ours", "onnxruntime", "openvino", "torch"]
WINDOW, OVERLAP, RASTER_BATCH = 320, 0.25, 8
WORK = pathlib.Path("build/compare_inference_files")


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path("build/bin"))
    parser.add_argument("--sides", default=",".join(SIDES), metavar="NAME,...")
    parser.add_argument("--batches", default="1,8", metavar="N,...", help="'' for none")
    parser.add_argument("--raster", type=int, default=0, metavar="SIZE", help="sides of a raster to cut, too")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=5, help="timed runs per round")
    parser.add_argument("--json", default="", help="write the times here")
    parser.add_argument("--side", help=argparse.SUPPRESS)  # of the process that measures one
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def call(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.returncode}")
    return done.stdout + done.stderr


def prepare(args):
    """The network as a checkpoint, as ONNX and as a Hub folder; the raster as GeoTIFF and as plain bytes."""
    WORK.mkdir(parents=True, exist_ok=True)
    run, tool = WORK / "run", args.programs / "fpanet_tool"
    if not (WORK / "hub").exists():
        call(args.programs / "fpanet_train", "--data", "synthetic:5", "--image-size", WINDOW, "--encoder", "resnet34",
             "--epochs", 1, "--batch-size", 2, "--cache", "off", "--quiet", "--run", run)
        call(tool, "export", "--checkpoint", run, "--out", WORK / "network.onnx")
        call(tool, "export", "--checkpoint", run, "--format", "hf", "--out", WORK / "hub")
    scenes = WORK / f"scenes{args.raster}"
    if args.raster and not (scenes / "plain.bin").exists():
        call(tool, "synth", "--geotiff", "--out", scenes, "--count", 1, "--size", args.raster)
        call("gdal_translate", "-q", "-of", "ENVI", "-co", "INTERLEAVE=BIP", scenes / "0000_sat.tif",
             scenes / "plain.bin")


def network_of(side, batch, threads):
    """A function from images (N,3,H,W) in [0,1] to probabilities (N,classes,H,W)."""
    if side == "onnxruntime":
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(WORK / "network.onnx", options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda images: session.run(None, {name: images})[0]
    if side == "openvino":
        import openvino
        core = openvino.Core()
        model = core.read_model(WORK / "network.onnx")
        model.reshape([batch, 3, WINDOW, WINDOW])
        # Where processors multiply bfloat16, OpenVINO would compute in it by itself.
        compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
                                                     "INFERENCE_PRECISION_HINT": "f32"})
        return lambda images: compiled(images)[0]
    import torch
    torch.set_num_threads(threads)
    spec = importlib.util.spec_from_file_location("fpanet", WORK / "hub" / "fpanet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.FPANet.from_pretrained(WORK / "hub").eval().to(memory_format=torch.channels_last)
    compiled = torch.compile(network)

    def run(images):
        with torch.inference_mode():
            return compiled(torch.from_numpy(images).to(memory_format=torch.channels_last)).numpy()
    return run


def starts(length):
    """Where windows begin: at equal distances, as fpanet_predict places them."""
    rest = max(0, length - WINDOW)
    last = -(-rest // (WINDOW - int(WINDOW * OVERLAP)))
    return [0] + [(2 * i * rest + last) // (2 * last) for i in range(1, last + 1)]


def map_raster(network, size):
    """Cuts, predicts and blends; returns the labels."""
    import numpy as np
    pixels = np.memmap(WORK / f"scenes{size}" / "plain.bin", np.uint8, "r", shape=(size, size, 3))
    shape = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2
    at = starts(size)
    total = np.zeros(size)
    for start in at:
        total[start:start + WINDOW] += shape
    weights = [(shape / total[start:start + WINDOW]).astype(np.float32) for start in at]
    labels = np.empty((size, size), np.uint8)
    sums = np.zeros((WINDOW, size, 7), np.float32)
    for row, top in enumerate(at):
        for first in range(0, len(at), RASTER_BATCH):
            part = range(first, min(first + RASTER_BATCH, len(at)))
            images = np.zeros((RASTER_BATCH, 3, WINDOW, WINDOW), np.float32)
            for i, column in enumerate(part):
                left = at[column]
                images[i] = pixels[top:top + WINDOW, left:left + WINDOW].transpose(2, 0, 1) / np.float32(255)
            said = network(images)
            for i, column in enumerate(part):
                weight = weights[row][:, None] * weights[column]
                sums[:, at[column]:at[column] + WINDOW] += said[i].transpose(1, 2, 0) * weight[:, :, None]
        finished = (at[row + 1] if row + 1 < len(at) else size) - top
        labels[top:top + finished] = sums[:finished].argmax(axis=2)
        sums = np.concatenate([sums[finished:], np.zeros((finished, size, 7), np.float32)])
    return labels


def measure_here(args):
    """One side in this process: prints its seconds."""
    import numpy as np
    network = network_of(args.side, args.batch or RASTER_BATCH, args.threads)
    images = np.random.default_rng(1).random((args.batch or RASTER_BATCH, 3, WINDOW, WINDOW), np.float32)
    network(images)
    network(images)
    times = []
    for _ in range(args.repeat if args.batch else 1):
        began = time.perf_counter()
        if args.batch:
            network(images)
        else:
            map_raster(network, args.raster)
        times.append(time.perf_counter() - began)
    print(f"seconds: {statistics.median(times)}")


def seconds_of(args, side, batch):
    """One side in a process of its own; `batch` 0 is the raster."""
    if side != "ours":
        printed = call(sys.executable, __file__, "--side", side, "--batch", batch, "--threads", args.threads,
                       "--repeat", args.repeat, "--raster", args.raster)
        return float(re.search(r"^seconds: (\S+)$", printed, re.MULTILINE)[1])  # libraries print, too
    if batch:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "bench.json"
            call(args.programs / "fpanet_tool", "bench", "--task", "infer", "--batch", batch, "--image-size", WINDOW,
                 "--device", "cpu", "--threads", args.threads, "--repeat", args.repeat, "--json", file)
            return json.loads(file.read_text())["median_seconds"]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        printed = call(args.programs / "fpanet_predict", "--checkpoint", WORK / "run", "--image",
                       WORK / f"scenes{args.raster}" / "0000_sat.tif", "--out", folder, "--device", "cpu", "--threads",
                       args.threads)
        took = time.perf_counter() - began
    windows = re.search(r"(\d+) of (\d+) windows hold data", printed)
    assert windows and int(windows[1]) == len(starts(args.raster)) ** 2
    return took


def main():
    args = parse_args()
    if args.side:
        return measure_here(args)
    prepare(args)
    sides = args.sides.split(",")
    cases = [int(batch) for batch in args.batches.split(",") if batch] + ([0] if args.raster else [])
    results = []
    print("| case | " + " | ".join(f"{side} s" for side in sides) + " | theirs to ours |")
    print("|---|" + "---|" * (len(sides) + 1))
    for case in cases:
        rounds = [[seconds_of(args, side, case) for side in sides] for _ in range(args.rounds)]
        medians = [statistics.median(side) for side in zip(*rounds)]
        name = f"batch {case}, {WINDOW}x{WINDOW}" if case else f"raster of {args.raster}x{args.raster}"
        ratios = [f"{m / medians[sides.index('ours')]:.2f}" for m in medians] if "ours" in sides else []
        print(f"| {name} | " + " | ".join(f"{m:.3f}" for m in medians) + f" | {', '.join(ratios)} |", flush=True)
        results.append({"case": name, "threads": args.threads, "seconds": dict(zip(sides, medians)), "rounds": rounds})
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
