"""What the interop scripts share: the programs under test, images, and skipping with a word."""

import argparse
import importlib.util
import pathlib
import subprocess
import sys

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
TILES = pathlib.Path(__file__).resolve().parents[3] / "shared/data/deepglobe_tiles"


def installed(*modules):
    """Whether all are there; says which are not."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    for name in missing:
        print(f"skipped: Python module {name} is not installed")
    return not missing


def need(*modules):
    if not installed(*modules):
        sys.exit(SKIPPED)


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True,
                        help="folder of the fpanet_* programs to test")
    parser.add_argument("--tiles", type=pathlib.Path, default=TILES,
                        help="folder of *_sat.jpg; synthetic scenes alone where there is none")
    return parser.parse_args()


class Programs:
    def __init__(self, folder):
        self.folder = folder

    def run(self, name, *arguments):
        """Standard output of fpanet_NAME; an error with its message when it fails."""
        done = subprocess.run([self.folder / f"fpanet_{name}", *map(str, arguments)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"fpanet_{name} {arguments}: {done.returncode}: {done.stderr}")
        return done.stdout

    def convert(self, source, target):
        self.run("tool", "weights", "convert", source, target)
        return target

    def probabilities(self, checkpoint, image, folder, *flags):
        """(classes,H,W) of fpanet_predict for an image (H,W,3), RGB bytes."""
        import cv2
        import numpy as np

        cv2.imwrite(str(folder / "image.png"), image[:, :, ::-1])
        self.run("predict", "--checkpoint", checkpoint, "--image", folder / "image.png", "--out",
                 folder / "predicted", "--probabilities", *flags)
        return np.load(folder / "predicted" / "image_probs.npy")

    def images(self, tiles, size, count, folder):
        """RGB byte images (height,width,3): a real tile first if there is one, then synthetic
        scenes."""
        import cv2

        height, width = size
        scenes = folder / f"scenes_{height}x{width}"
        self.run("tool", "synth", "--out", scenes, "--count", count, "--size", max(size))
        files = sorted(tiles.glob("*_sat.jpg"))[:1] + sorted(scenes.glob("*_sat.jpg"))
        return [cv2.resize(cv2.imread(str(file)), (width, height))[:, :, ::-1].copy()
                for file in files[:count]]


def check_close(what, actual, expected, tolerance):
    difference = abs(actual - expected).max()
    assert difference <= tolerance, f"{what}: {difference:.3g} apart, {tolerance:g} is allowed"
    print(f"ok: {what}: {difference:.2g} apart", flush=True)
