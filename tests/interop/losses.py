#!/usr/bin/env python3
"""Losses, their options and micro-batches in double beside PyTorch's and segmentation-models-pytorch's: the
same initial weights, the same batches, and the losses of the first steps.

    python3 tests/interop/losses.py --programs build/bin

Needs PyTorch 2.x, pytorch-lightning, segmentation-models-pytorch 0.6, torch-dct and opencv; exit status 77,
with a line that says so, when one is missing.
"""

import csv
import pathlib
import tempfile
import warnings

from support import Programs, check_close, need, parse_arguments

need("torch", "pytorch_lightning", "segmentation_models_pytorch", "torch_dct", "cv2")

import cv2
import numpy as np
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from notebook_model import NotebookModel

TOLERANCE = 1e-12  # of losses in double, before and after optimizer steps: sums in another order
SIZE, BATCH, EPOCHS = 64, 2, 2
WEIGHTS = [1.5, 0.5, 1, 2, 3, 0.7, 0.25]
LOSSES = smp.losses


class Scenes:
    """Synthetic scenes on the disk, and the training part of them as PyTorch tensors."""

    def __init__(self, programs, folder):
        self.folder, self.split = folder / "scenes", folder / "split.csv"
        programs.run("tool", "synth", "--out", self.folder, "--count", 10, "--size", SIZE, "--seed", 7)
        ids = sorted(path.name.removesuffix("_sat.jpg") for path in self.folder.glob("*_sat.jpg"))
        self.split.write_text("id,split\n" + "".join(
            f"{name},{'train' if i < 8 else 'val'}\n" for i, name in enumerate(ids)))
        with open(self.folder / "class_dict.csv") as file:
            colors = [[int(row[c]) for c in "rgb"] for row in csv.DictReader(file)]
        images = np.stack([self.read(f"{name}_sat.jpg") for name in ids[:8]])
        masks = np.stack([self.read(f"{name}_mask.png") for name in ids[:8]])
        labels = sum((masks == color).all(-1) * label for label, color in enumerate(colors))
        # As the notebook does: pixels become float32, and only then double.
        pixels = torch.tensor(images.transpose(0, 3, 1, 2), dtype=torch.float32) / 255
        self.images = pixels.double()
        self.labels = torch.tensor(labels)

    def read(self, name):
        return cv2.imread(str(self.folder / name))[:, :, ::-1].astype(np.int64)


def weighted_mean(per_class, weights):
    weights = torch.tensor(weights, dtype=torch.float64)
    return (per_class * weights).sum() / weights.sum()


def jaccard_per_class(logits, labels):
    p = logits.softmax(1)
    t = F.one_hot(labels, 7).permute(0, 3, 1, 2).double()
    both, either = (p * t).sum((0, 2, 3)), (p + t - p * t).sum((0, 2, 3))
    return (1 - both / either) * (t.sum((0, 2, 3)) > 0)


def cross_entropy(logits, labels):
    return F.cross_entropy(logits, labels, torch.tensor(WEIGHTS, dtype=torch.float64),
                           label_smoothing=0.1)


def lovasz(logits, labels):
    """Berman et al. 2018, over the batch; SMP's computes in float32."""
    p, losses = logits.softmax(1), []
    for label in labels.unique():
        truth = (labels == label).double().flatten()
        errors, order = (truth - p[:, label].flatten()).abs().sort(descending=True)
        truth = truth[order]
        jaccard = 1 - (truth.sum() - truth.cumsum(0)) / (truth.sum() + (1 - truth).cumsum(0))
        losses.append(errors @ jaccard.diff(prepend=jaccard.new_zeros(1)))
    return torch.stack(losses).mean()


def dice(logits, labels):
    return LOSSES.DiceLoss("multiclass")(logits, labels)


CASES = {
    "Dice in micro-batches": (dice, 4, []),
    "Dice, an incomplete last step": (dice, 3, []),
    "0.5*dice+ce, weighted and smoothed": (
        lambda x, y: 0.5 * weighted_dice(x, y) + cross_entropy(x, y), 2,
        ["--loss", "0.5*dice+ce", "--label-smoothing", 0.1, "--class-weights",
         ",".join(map(str, WEIGHTS))]),
    "cross-entropy without a class": (
        lambda x, y: F.cross_entropy(x, y, ignore_index=0), 1,
        ["--loss", "ce", "--ignore", "urban_land"]),
    "weighted Jaccard": (
        lambda x, y: weighted_mean(jaccard_per_class(x, y), WEIGHTS), 1,
        ["--loss", "jaccard", "--class-weights", ",".join(map(str, WEIGHTS))]),
    "Tversky": (LOSSES.TverskyLoss("multiclass", alpha=0.3, beta=0.7, gamma=1.33), 1,
                ["--loss", "tversky", "--tversky", "0.3,0.7,1.33"]),
    "focal": (LOSSES.FocalLoss("multiclass", gamma=1.5), 2,
              ["--loss", "focal", "--focal-gamma", 1.5]),
    "Lovasz": (lovasz, 1, ["--loss", "lovasz"]),
}


def weighted_dice(logits, labels):
    p = logits.softmax(1)
    t = F.one_hot(labels, 7).permute(0, 3, 1, 2).double()
    score = 2 * (p * t).sum((0, 2, 3)) / (p + t).sum((0, 2, 3))
    return weighted_mean((1 - score) * (t.sum((0, 2, 3)) > 0), WEIGHTS)


def losses_there(state, scenes, criterion, accumulate):
    model = NotebookModel()
    model.load_state_dict(state)
    model.double().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    batches = list(zip(scenes.images.split(BATCH), scenes.labels.split(BATCH)))
    steps = []
    for _ in range(EPOCHS):
        for first in range(0, len(batches), accumulate):
            step = batches[first:first + accumulate]
            optimizer.zero_grad()
            total = 0.0
            for images, labels in step:
                net = model.model
                features = net.encoder(model.FreqFeature(images))
                logits = net.segmentation_head[0](net.decoder(features))
                loss = criterion(logits, labels) / len(step)
                loss.backward()
                total += loss.item()
            optimizer.step()
            steps.append(total)
    return np.array(steps)


def losses_here(init, scenes, accumulate, flags, programs, run):
    programs.run("train", "--init", init, "--run", run, "--data", scenes.folder, "--split",
                 scenes.split, "--image-size", SIZE, "--batch-size", BATCH, "--epochs", EPOCHS,
                 "--shuffle", "off", "--augment", "none", "--device", "cpu", "--cache", "off",
                 "--precision", "fp64", "--accumulate", accumulate, *flags)
    with open(run / "steps.csv") as file:
        return np.array([float(row["train/Loss"]) for row in csv.DictReader(file)])


def main():
    warnings.filterwarnings("ignore")
    arguments = parse_arguments(__doc__)
    programs = Programs(arguments.programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scenes = Scenes(programs, folder)
        torch.manual_seed(3)
        state = NotebookModel().state_dict()
        torch.save(state, folder / "init.pth")
        for number, (what, (criterion, accumulate, flags)) in enumerate(CASES.items()):
            here = losses_here(folder / "init.pth", scenes, accumulate, flags, programs,
                               folder / f"run{number}")
            there = losses_there(state, scenes, criterion, accumulate)
            assert len(here) == len(there), f"{what}: {len(here)} steps, not {len(there)}"
            check_close(f"{what}, {len(here)} steps", here, there, TOLERANCE)


if __name__ == "__main__":
    main()
