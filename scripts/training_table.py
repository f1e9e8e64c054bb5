#!/usr/bin/env python3
"""The table of scripts/gpu_training_runs.sh: both engines over seeds, on tiles neither has seen.

    python3 scripts/training_table.py build/gpu_training

Reads eval_ENGINE_SEED.json (fpanet_eval --json) and prints Markdown. Within the spread means: the
difference of the means is at most the larger of both ranges over seeds.
"""

import json
import pathlib
import sys

MEASURES = {"pixel_accuracy": "pixel accuracy", "mean_iou_known": "mean IoU, known classes",
            "loss": "Dice loss"}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    found = {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("eval_*_*.json")):
        _, engine, seed = path.stem.split("_")
        found.setdefault(engine, {})[seed] = json.loads(path.read_text(encoding="utf-8"))
    if not found:
        sys.exit(f"training_table: no eval_ENGINE_SEED.json in {sys.argv[1]}")
    seeds = sorted({seed for runs in found.values() for seed in runs})
    print("| Test | Engine | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean | range |")
    print("|---|---|" + "---|" * (len(seeds) + 2))
    verdicts = []
    for key, label in MEASURES.items():
        means, ranges = {}, {}
        for engine, runs in found.items():
            values = [runs[seed][key] for seed in seeds if seed in runs]
            means[engine] = sum(values) / len(values)
            ranges[engine] = max(values) - min(values)
            cells = [f"{runs[seed][key]:.4f}" if seed in runs else "not run" for seed in seeds]
            print(f"| {label} | {engine} | " + " | ".join(cells) +
                  f" | {means[engine]:.4f} | {ranges[engine]:.4f} |")
        complete = len(found) == 2 and all(len(runs) == len(seeds) > 1 for runs in found.values())
        if complete:
            difference = abs(means["fpanet"] - means["torch"])
            within = difference <= max(ranges.values())
            verdicts.append(f"{label}: the means differ by {difference:.4f}, "
                            f"{'within' if within else 'BEYOND'} the spread over seeds "
                            f"({max(ranges.values()):.4f})")
    print()
    print("\n".join(verdicts) if verdicts else "Seeds or an engine are missing: no verdict.")


if __name__ == "__main__":
    main()
