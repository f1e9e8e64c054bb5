#!/usr/bin/env python3
"""The golden values of augmentation (tests/data/goldens/augmentation.safetensors) beside what OpenCV and
numpy compute here, as albumentations 1.3.1 calls them: flips, quarter turns, brightness and contrast,
shifts of hue, saturation and value, and windows that are resized. test_data compares the engine with them.

    python3 tests/interop/augmentation.py [--write]

Needs opencv and safetensors; exit status 77, with a line that says so, when one is missing, or when the
processor has no FMA: OpenCV then rounds 0.005 % of the bytes of COLOR_HSV2RGB otherwise.
"""

import argparse
import pathlib
import sys
import zlib

from support import SKIPPED, need

need("cv2", "safetensors")

import cv2
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "data/goldens/augmentation.safetensors"
SIDE = 32  # OpenCV's vector code converts rows of a multiple of 32 pixels

# flip_horizontal, flip_vertical, quarter_turns, alpha, beta, shifts, hue, saturation, value
DRAWS = [
    [0, 0, 0, 1, 0, 0, 0, 0, 0],
    [1, 0, 1, 1, 0, 0, 0, 0, 0],
    [0, 1, 2, 1, 0, 0, 0, 0, 0],
    [1, 1, 3, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 1.17, -0.13, 0, 0, 0, 0],
    [0, 0, 0, 1, 0, 1, 0, 0, 0],
    [0, 0, 0, 1, 0, 1, -9.75, 0, 0],
    [0, 0, 0, 1, 0, 1, 0, 18.4, 0],
    [0, 0, 0, 1, 0, 1, 0, 0, -7.6],
    [1, 0, 3, 0.83, 0.19, 1, 6.3, -19.2, 9.9],
    [0, 1, 1, 1.2, 0.2, 1, -0.4, 19.9, -10],
]
# top, left, height, width
WINDOWS = [[0, 0, 16, 16], [13, 40, 48, 48], [1, 2, 61, 61], [6, 7, 64, 64], [3, 50, 32, 32]]


def brightness_contrast(image, alpha, beta):
    table = np.arange(0, 256).astype("float32")
    if alpha != 1:
        table *= alpha
    if beta != 0:
        table += beta * 255
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8))


def hue_saturation_value(image, hue, saturation, value):
    planes = list(cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV)))
    ramp = np.arange(0, 256, dtype=np.int16)
    if hue != 0:
        planes[0] = cv2.LUT(planes[0], np.mod(ramp + hue, 180).astype(np.uint8))
    for plane, shift in (1, saturation), (2, value):
        if shift != 0:
            planes[plane] = cv2.LUT(planes[plane], np.clip(ramp + shift, 0, 255).astype(np.uint8))
    return cv2.cvtColor(cv2.merge(planes), cv2.COLOR_HSV2RGB)


def augmented(image, draw):
    horizontal, vertical, turns, alpha, beta, shifts, *shift = draw
    if horizontal:
        image = image[:, ::-1]
    if vertical:
        image = image[::-1]
    image = np.ascontiguousarray(np.rot90(image, turns))
    image = brightness_contrast(image, alpha, beta)
    return hue_saturation_value(image, *shift) if shifts else image


def every_conversion():
    """CRC-32 of the conversions of every RGB and of every HSV with a hue below 180."""
    first = np.arange(256, dtype=np.uint8)[:, None, None, None]
    rest = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij"), -1).astype(np.uint8)
    sums = {"rgb_to_hsv": 0, "hsv_to_rgb": 0}
    for name, code, planes in (("rgb_to_hsv", cv2.COLOR_RGB2HSV, 256),
                               ("hsv_to_rgb", cv2.COLOR_HSV2RGB, 180)):
        for value in first[:planes]:
            plane = np.concatenate([np.broadcast_to(value, (256, 256, 1)), rest], -1)
            sums[name] = zlib.crc32(cv2.cvtColor(plane, code).tobytes(), sums[name])
    return {name: str(value) for name, value in sums.items()}


def compute():
    random = np.random.default_rng(22)
    image = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    scene = random.integers(0, 256, (70, 99, 3), dtype=np.uint8)
    labels = random.integers(0, 7, (70, 99, 1), dtype=np.uint8)
    tensors = {"image": image, "draws": np.array(DRAWS, dtype=np.float64), "scene": scene,
               "labels": labels, "windows": np.array(WINDOWS, dtype=np.int64)}
    for number, draw in enumerate(DRAWS):
        tensors[f"augmented.{number}"] = np.ascontiguousarray(augmented(image, draw))
    for number, (top, left, height, width) in enumerate(WINDOWS):
        window = np.s_[top:top + height, left:left + width]
        tensors[f"window.{number}.image"] = cv2.resize(scene[window], (SIDE, SIDE))
        tensors[f"window.{number}.labels"] = cv2.resize(
            labels[window], (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)[:, :, None]
    return tensors, every_conversion()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the golden file anew")
    parser.add_argument("--programs", help="taken as the other scripts take it; not used")
    arguments = parser.parse_args()
    if not cv2.checkHardwareSupport(12):  # CV_CPU_FMA3
        print("skipped: this processor has no FMA")
        sys.exit(SKIPPED)
    tensors, sums = compute()
    if arguments.write:
        save_file(tensors, GOLDEN, sums)
    with safe_open(GOLDEN, "numpy") as golden:
        assert golden.metadata() == sums, f"conversions: {golden.metadata()} there, {sums} here"
        assert set(golden.keys()) == set(tensors), "the golden file has other tensors"
        for name, tensor in tensors.items():
            assert np.array_equal(golden.get_tensor(name), tensor), f"{name} is another"
    print(f"ok: {len(tensors)} golden tensors and every conversion of RGB and HSV, OpenCV "
          f"{cv2.__version__}")


if __name__ == "__main__":
    main()
