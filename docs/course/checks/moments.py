"""Checks lesson 5: combining the moments of two parts."""

import random


def moments(x):
    mean = sum(x) / len(x)
    return len(x), mean, sum((a - mean) ** 2 for a in x)


def check(combine):
    """combine(a, b) of (count, mean, sum of squared deviations) has to be that of both together."""
    source = random.Random(1)
    for trial in range(200):
        mean = source.choice([0, 1, 1e3, 1e6, -1e6])
        sizes = [source.randint(1, 40) for _ in range(2)]
        parts = [[mean + source.gauss(0, 1) for _ in range(n)] for n in sizes]
        want = moments(parts[0] + parts[1])
        got = combine(moments(parts[0]), moments(parts[1]))
        if len(got) != 3 or got[0] != want[0]:
            raise SystemExit(f"parts of {sizes[0]} and {sizes[1]} values: got {got}, expected "
                             f"(count, mean, sum of squared deviations) with a count of {want[0]}")
        for name, g, w, scale in (("mean", got[1], want[1], max(1, abs(mean))),
                                  ("sum of squared deviations", got[2], want[2], max(1, want[2]))):
            if not abs(g - w) <= 1e-9 * scale:
                raise SystemExit(f"parts of {sizes[0]} and {sizes[1]} values near {mean:g}: the "
                                 f"{name} is {g}, not {w}")
    print("right")
