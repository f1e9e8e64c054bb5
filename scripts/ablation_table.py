#!/usr/bin/env python3
"""The rows and the table of scripts/ablate.sh.

    ablation_table.py has ROWS NAME SEED PART            exit code 0 if that row is there
    ablation_table.py add ROWS NAME SEED PART RUN FLAGS  adds the row of RUN/NAME-PART.json
    ablation_table.py table ROWS                         Markdown: mean and range over seeds

ROWS is a CSV file. Its columns: variant, seed, part, pixel_accuracy, mean_iou_known, best_epoch (from
1), seconds (of training), flags, and the IoU of each class.
"""

import csv
import json
import pathlib
import sys

FACTS = ["variant", "seed", "part", "pixel_accuracy", "mean_iou_known", "best_epoch", "seconds",
         "flags"]


def read(path):
    if not pathlib.Path(path).exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def best_epoch(run):
    """The epoch, from 1, whose row of metrics.csv has the column that the run monitors at its best."""
    monitor = "val/Loss"
    for line in (run / "config.toml").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(" = ")
        if name == "monitor":
            monitor = value.strip("'\"")
    values = {int(row["epoch"]): float(row[monitor]) for row in read(run / "metrics.csv")
              if row.get(monitor)}
    choose = min if monitor.endswith("Loss") else max
    return choose(values, key=values.get) + 1


def add(rows, name, seed, part, run, flags):
    run = pathlib.Path(run)
    found = json.loads((run / f"{name}-{part}.json").read_text(encoding="utf-8"))
    row = {"variant": name, "seed": seed, "part": part,
           "pixel_accuracy": f"{found['pixel_accuracy']:.4f}",
           "mean_iou_known": f"{found['mean_iou_known']:.4f}", "best_epoch": best_epoch(run),
           "seconds": (run / "seconds").read_text(encoding="utf-8").strip(),
           "flags": " ".join(flags.split())}
    for one in found["per_class"]:
        row[one["name"]] = "" if one["iou"] is None else f"{one['iou']:.4f}"
    kept = read(rows)
    classes = list(kept[0])[len(FACTS):] if kept else list(row)[len(FACTS):]
    kept.append(row)
    partial = pathlib.Path(f"{rows}.partial")
    with open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FACTS + classes, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(kept)
    partial.replace(rows)


def spread(values):
    """Mean, and the smallest and largest value of several."""
    numbers = [float(value) for value in values if value]
    if not numbers:
        return "-"
    mean = f"{sum(numbers) / len(numbers):.3f}"
    return mean if len(numbers) == 1 else f"{mean} ({min(numbers):.3f} to {max(numbers):.3f})"


def table(rows):
    kept = read(rows)
    if not kept:
        sys.exit(f"ablation_table: no row in {rows}")
    classes = [name for name in list(kept[0])[len(FACTS):]
               if any(row[name] not in ("", "0.0000") for row in kept)]
    for part in sorted({row["part"] for row in kept}):
        groups = {}
        for row in kept:
            if row["part"] == part:
                groups.setdefault(row["variant"], []).append(row)
        mean = {name: sum(float(row["mean_iou_known"]) for row in of) / len(of)
                for name, of in groups.items()}
        print(f"| Variant ({part}) | Seeds | Mean IoU, known | Pixel accuracy | " +
              " | ".join(classes) + " | Seconds |")
        print("|---" * (len(classes) + 5) + "|")
        for name in sorted(groups, key=mean.get, reverse=True):
            of = groups[name]
            cells = [name, str(len(of)), spread([row["mean_iou_known"] for row in of]),
                     spread([row["pixel_accuracy"] for row in of])]
            cells += [spread([row[one] for row in of]) for one in classes]
            cells.append(f"{sum(float(row['seconds']) for row in of) / len(of):.0f}")
            print("| " + " | ".join(cells) + " |")
        print()


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["table"] and len(arguments) == 2:
        table(arguments[1])
    elif arguments[:1] == ["add"] and len(arguments) == 7:
        add(*arguments[1:])
    elif arguments[:1] == ["has"] and len(arguments) == 5:
        wanted = tuple(arguments[2:])
        found = any((row["variant"], row["seed"], row["part"]) == wanted for row in read(arguments[1]))
        sys.exit(0 if found else 1)
    else:
        sys.exit(__doc__.strip())


if __name__ == "__main__":
    main()
