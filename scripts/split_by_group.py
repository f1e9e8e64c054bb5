#!/usr/bin/env python3
"""Splits tiles by ground group: tiles that touch each other on the ground stay on one side.

    python3 scripts/split_by_group.py groups.csv split.csv [seed]

groups.csv has the columns tile,group; split.csv gets id,split for fpanet_train --split. About
75 % of the tiles train, 10 % validate and 15 % test.
"""

import csv
import random
import sys
from collections import defaultdict

SHARES = {"train": 0.75, "val": 0.10, "test": 0.15}


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.strip())
    seed = int(sys.argv[3]) if len(sys.argv) == 4 else 0
    groups = defaultdict(list)
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups[row["group"]].append(row["tile"])
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    # Large groups first, each to the part that lacks most: no part depends on one lucky group.
    order.sort(key=lambda group: -len(groups[group]))
    total = sum(map(len, groups.values()))
    sizes = dict.fromkeys(SHARES, 0)
    part_of = {}
    for group in order:
        part = max(SHARES, key=lambda p: SHARES[p] - sizes[p] / total)
        sizes[part] += len(groups[group])
        part_of.update((tile, part) for tile in groups[group])
    with open(sys.argv[2], "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "split"])
        writer.writerows(sorted(part_of.items()))
    print(", ".join(f"{part} {size}" for part, size in sizes.items()),
          f"of {total} tiles in {len(groups)} groups")


if __name__ == "__main__":
    main()
