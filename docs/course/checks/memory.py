"""Checks lesson 6: offsets for values with sizes and lifetimes."""

import random


def live_bytes(values):
    """The largest sum of the sizes that are alive at one node: no plan can do with less."""
    nodes = range(max(last for _, _, last in values) + 1)
    return max(sum(size for size, first, last in values if first <= k <= last) for k in nodes)


def random_values(source):
    """A step that keeps some values of its first half for its second, as training does."""
    values = []
    half = 20
    for k in range(half):
        size = source.choice([64, 128, 256, 512, 1024])
        kept = source.random() < 0.6
        values.append((size, k, 2 * half - k if kept else k + source.randint(1, 3)))
        values.append((source.choice([64, 256]), 2 * half - k, 2 * half - k + 2))
    source.shuffle(values)
    return values


def check(plan):
    """plan([(size, first, last), ...]) has to return an offset for each value."""
    source = random.Random(3)
    arena = bound = 0
    for trial in range(100):
        values = random_values(source)
        offsets = plan(list(values))
        if len(offsets) != len(values):
            raise SystemExit(f"{len(offsets)} offsets for {len(values)} values")
        for i, (size_i, first_i, last_i) in enumerate(values):
            for j, (size_j, first_j, last_j) in enumerate(values[:i]):
                together = first_i <= last_j and first_j <= last_i
                overlap = offsets[i] < offsets[j] + size_j and offsets[j] < offsets[i] + size_i
                if together and overlap:
                    raise SystemExit(f"{values[i]} at {offsets[i]} and {values[j]} at {offsets[j]} "
                                     "are alive at the same time and share memory")
        if min(offsets) < 0:
            raise SystemExit("an offset is negative")
        arena += max(o + size for o, (size, _, _) in zip(offsets, values))
        bound += live_bytes(values)
    print(f"arena: {arena / bound:.3f} of the lower bound")
    if arena > 1.005 * bound:
        raise SystemExit("not yet: 1.005 is possible")
    print("right")
