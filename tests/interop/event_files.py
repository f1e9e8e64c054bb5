#!/usr/bin/env python3
"""TensorBoard's own reader shows what --tensorboard wrote: every value of metrics.csv and steps.csv
once, and pictures of each epoch that decode, also where a run was killed and resumed.

    python3 tests/interop/event_files.py --programs build/bin

Needs tensorboard and opencv; exit status 77, with a line that says so, when one is missing.
"""

import csv
import pathlib
import subprocess
import tempfile
import time

from support import Programs, need, parse_arguments

need("tensorboard", "cv2")

import cv2
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

EPOCHS = 3
FLAGS = ["--data", "synthetic:14", "--image-size", 64, "--encoder", "resnet18", "--batch-size", 3,
         "--epochs", EPOCHS, "--save-every", 0, "--device", "cpu", "--tensorboard", "--quiet"]
EVERYTHING = {"scalars": 0, "images": 0}


def column(file, name):
    """(step, float32) of the rows that have a value."""
    with open(file) as rows:
        return [(int(row["step"]), np.float32(row[name])) for row in csv.DictReader(rows)
                if row[name]]


def columns(file):
    with open(file) as rows:
        return [name for name in next(csv.reader(rows)) if name not in ("step", "epoch")]


def check_run(what, run):
    shown = EventAccumulator(str(run / "tensorboard"), size_guidance=EVERYTHING)
    shown.Reload()

    def scalars(tag):
        return [(event.step, np.float32(event.value)) for event in shown.Scalars(tag)]

    for name in columns(run / "metrics.csv"):
        expected = column(run / "metrics.csv", name)
        if expected:
            assert scalars(name) == expected, (name, scalars(name), expected)
    assert scalars("step/Loss") == column(run / "steps.csv", "train/Loss")
    assert scalars("step/lr") == column(run / "steps.csv", "lr")
    assert [value for _, value in scalars("epoch")] == list(range(EPOCHS))
    images = shown.Tags()["images"]
    assert "val/ConfusionMatrix" in images and any(tag.startswith("samples/") for tag in images)
    for tag in images:
        pictures = shown.Images(tag)
        assert [picture.step for picture in pictures] == [step for step, _ in scalars("epoch")]
        for picture in pictures:
            decoded = cv2.imdecode(np.frombuffer(picture.encoded_image_string, np.uint8), 1)
            assert decoded.shape == (picture.height, picture.width, 3)
    print(f"ok: {what}: {len(shown.Tags()['scalars'])} scalars, {len(images)} pictures", flush=True)


def kill_in_second_epoch(programs, run):
    flags = [str(flag) for flag in [programs.folder / "fpanet_train", *FLAGS, "--run", run]]
    with subprocess.Popen(flags) as process:
        steps = run / "steps.csv"
        while process.poll() is None and not (
                steps.exists() and len(steps.read_text().splitlines()) > 5):
            time.sleep(0.02)
        process.kill()


def main():
    arguments = parse_arguments(__doc__)
    programs = Programs(arguments.programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        programs.run("train", *FLAGS, "--run", folder / "whole")
        check_run("a run", folder / "whole")
        kill_in_second_epoch(programs, folder / "parts")
        programs.run("train", "--quiet", "--resume", folder / "parts")
        assert len(list((folder / "parts" / "tensorboard").iterdir())) == 2
        check_run("a run that was killed and resumed", folder / "parts")


if __name__ == "__main__":
    main()
