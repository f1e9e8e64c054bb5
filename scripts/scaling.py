#!/usr/bin/env python3
"""How long a training step of N ranks takes, by the model of docs/distributed.md.

usage: scaling.py [--check COMPUTE_MS BYTES_PER_S LATENCY_US STEP_MS]

Without arguments: a table for GPUs that are connected by NVLink, and for machines connected by a
network of 100 Gb/s, each GPU with 16 images of 320x320 (FPA-Net with ResNet-34, bf16 activations).
With --check: the model's step of two ranks, from the measured time of half the batch in one process and
the measured rate and latency of a sum over ranks, beside the measured step: with sums that overlap with
the backward pass, as the program's do, and with sums after it.
"""

import argparse

# Parameters in the order in which their gradients are ready, and the multiply-adds (millions an image
# of 320x320) of their backward pass's share (fpanet_tool summary).
PARTS = [
    ("segmentation_head", 1015, 103),
    ("decoder.blocks.4", 6976, 708),
    ("decoder.blocks.3", 46208, 1180),
    ("decoder.blocks.2", 147712, 944),
    ("decoder.blocks.1", 590336, 944),
    ("decoder.blocks.0", 2360320, 944),
    ("decoder.center", 4785280, 484),
    ("encoder.layer4", 13114368, 1311),
    ("encoder.layer3", 6822400, 2726),
    ("encoder.layer2", 1116416, 1783),
    ("encoder.layer1", 221952, 1416),
    ("encoder.stem", 9536, 241),
]
BUCKET = 25e6  # bytes that are summed together
SMALL_SUMS = 2 * 46 + 1  # batch norm forward and backward, and Dice: a few kB each
BACKWARD = 2 / 3  # its share of the arithmetic of a step


class Network:
    def __init__(self, name, bytes_per_s, hop_s):
        self.name, self.bytes_per_s, self.hop_s = name, bytes_per_s, hop_s

    def all_reduce(self, ranks, size):
        """Seconds of a ring: each rank sends 2 (N-1)/N of the bytes in 2 (N-1) hops."""
        return 2 * (ranks - 1) / ranks * size / self.bytes_per_s + 2 * (ranks - 1) * self.hop_s

    def small(self, ranks):
        """Seconds of a sum of a few kB, whose hops are a tree's."""
        return 2 * (ranks - 1).bit_length() * self.hop_s


def buckets(bytes_per_value, backward_s):
    """(seconds into the backward pass, bytes) of each bucket, when its last gradient is ready."""
    work = sum(part[2] for part in PARTS)
    ready, filled, found = 0.0, 0.0, []
    for _, values, share in PARTS:
        ready += share / work * backward_s
        filled += values * bytes_per_value
        if filled >= BUCKET:
            found.append((ready, filled))
            filled = 0.0
    if filled:
        found.append((ready, filled))
    return found


def step(network, ranks, compute_s, bytes_per_value, overlaps):
    """Seconds of a step: the buckets queue for the network while the backward pass goes on, or all wait
    for its end."""
    small = SMALL_SUMS * network.small(ranks) if ranks > 1 else 0.0
    if ranks == 1:
        return compute_s
    backward = BACKWARD * compute_s
    begin = compute_s - backward
    free = 0.0
    for ready, size in buckets(bytes_per_value, backward):
        start = max(free, ready if overlaps else backward)
        free = start + network.all_reduce(ranks, size)
    return begin + max(backward, free) + small


def table():
    compute = 5.4e-3  # a step of 16 images on an H100, as predicted in docs/gpu.md
    networks = [
        (Network("NVLink, 450 GB/s", 0.8 * 450e9, 4e-6), (2, 4, 8)),
        (Network("100 Gb/s", 0.9 * 12.5e9, 12e-6), (2, 4, 8, 16)),
    ]
    print("| Network | Ranks | f32 after backward | f32 overlapped | bf16 overlapped | Efficiency, bf16 |")
    print("|---|---|---|---|---|---|")
    for network, sizes in networks:
        for ranks in sizes:
            times = [
                step(network, ranks, compute, 4, False),
                step(network, ranks, compute, 4, True),
                step(network, ranks, compute, 2, True),
            ]
            cells = " | ".join(f"{1e3 * seconds:.1f} ms" for seconds in times)
            print(f"| {network.name} | {ranks} | {cells} | {100 * compute / times[2]:.0f} % |")


def check(compute_ms, bytes_per_s, latency_us, step_ms):
    measured = Network("measured", bytes_per_s, latency_us / 2e6)  # two hops a sum
    print(f"measured {step_ms:.1f} ms")
    for what, overlaps in (("overlapped", True), ("after the backward pass", False)):
        model = step(measured, 2, compute_ms / 1e3, 4, overlaps)
        print(f"model, {what}: {1e3 * model:.1f} ms, ratio {step_ms / 1e3 / model:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", nargs=4, type=float,
                        metavar=("COMPUTE_MS", "BYTES_PER_S", "LATENCY_US", "STEP_MS"))
    arguments = parser.parse_args()
    if arguments.check:
        check(*arguments.check)
    else:
        table()


if __name__ == "__main__":
    main()
