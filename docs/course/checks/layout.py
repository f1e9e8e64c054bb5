"""Checks lesson 1: offsets in channels-last storage."""

import itertools

SHAPES = [(1, 1, 1, 1), (1, 3, 2, 2), (2, 3, 4, 5), (3, 16, 1, 7), (2, 1, 6, 4)]


def check(offset):
    """offset(n, c, h, w, shape) has to be the place of an element of (N,C,H,W) in storage."""
    for shape in SHAPES:
        storage = [None] * (shape[0] * shape[1] * shape[2] * shape[3])
        for n, c, h, w in itertools.product(*map(range, shape)):
            at = offset(n, c, h, w, shape)
            if not isinstance(at, int) or not 0 <= at < len(storage):
                raise SystemExit(f"shape {shape}: element {(n, c, h, w)} is at {at}, "
                                 f"outside of 0 to {len(storage) - 1}")
            if storage[at] is not None:
                raise SystemExit(f"shape {shape}: elements {storage[at]} and {(n, c, h, w)} "
                                 f"are both at {at}")
            storage[at] = (n, c, h, w)
        expected = sorted(storage, key=lambda e: (e[0], e[2], e[3], e[1]))
        for at, (got, want) in enumerate(zip(storage, expected)):
            if got != want:
                raise SystemExit(f"shape {shape}: place {at} holds element {got}, "
                                 f"channels-last has {want} there")
    print("right")
