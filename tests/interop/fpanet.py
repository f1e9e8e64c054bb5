#!/usr/bin/env python3
"""FPA-Net between these programs and the libraries of the notebook: files of either load in the
other strictly and give the same probabilities; a training goes on in the other.

    python3 tests/interop/fpanet.py --programs build/bin

Needs PyTorch 2.x, pytorch-lightning 2.x, segmentation-models-pytorch, torch-dct, safetensors and
opencv; exit status 77, with a line that says so, when one is missing.
"""

import csv
import logging
import pathlib
import tempfile
import warnings

from support import Programs, check_close, need, parse_arguments

need("torch", "pytorch_lightning", "segmentation_models_pytorch", "torch_dct", "safetensors", "cv2")

import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from notebook_model import NotebookModel
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, TensorDataset

PROBABILITY_TOLERANCE = 2e-5
LOSS_TOLERANCE = 1e-3
SIZE = 64  # of the scenes that are trained on
BATCH = 4
# Of Lightning's training; what goes on here takes it from the checkpoint. Training here keeps 1e-4: after
# its few steps at 1e-3, PyTorch's own float32 and float64 probabilities are 1.9e-5 apart.
LR = 1e-3


class Scenes:
    """Synthetic scenes on the disk, the split of them, and the same as PyTorch tensors."""

    def __init__(self, programs, folder):
        self.folder = folder / "scenes"
        self.split = folder / "split.csv"
        programs.run("tool", "synth", "--out", self.folder, "--count", 12, "--size", SIZE,
                     "--seed", 7)
        ids = sorted(path.name.removesuffix("_sat.jpg") for path in self.folder.glob("*_sat.jpg"))
        parts = ["train"] * 8 + ["val"] * 4
        self.split.write_text("id,split\n" + "".join(
            f"{name},{part}\n" for name, part in zip(ids, parts)))
        with open(self.folder / "class_dict.csv") as file:
            colors = [[int(row[c]) for c in "rgb"] for row in csv.DictReader(file)]
        self.train = self.dataset(ids[:8], colors)
        self.val = self.dataset(ids[8:], colors)

    def dataset(self, ids, colors):
        def read(name):
            return cv2.imread(str(self.folder / name))[:, :, ::-1].astype(np.int64)

        images = np.stack([read(f"{name}_sat.jpg") for name in ids]).transpose(0, 3, 1, 2)
        masks = np.stack([read(f"{name}_mask.png") for name in ids])
        labels = sum((masks == color).all(-1) * label for label, color in enumerate(colors))
        return TensorDataset(torch.tensor(images, dtype=torch.float32) / 255,
                             torch.tensor(labels)[:, None])

    def flags(self, epochs):
        return ["--data", self.folder, "--split", self.split, "--image-size", SIZE, "--batch-size",
                BATCH, "--epochs", epochs, "--shuffle", "off", "--augment", "none", "--protocol",
                "notebook", "--device", "cpu", "--cache", "off"]


def fit(scenes, epochs, folder, checkpoint=None):
    """The notebook's training; the model, with its losses."""
    torch.manual_seed(3)
    model = NotebookModel(LR)
    callbacks = [ModelCheckpoint(dirpath=folder, filename="{epoch}", save_top_k=-1,
                                 monitor="val/Loss"),
                 EarlyStopping(monitor="val/Loss", patience=10)]
    trainer = pl.Trainer(max_epochs=epochs, callbacks=callbacks, logger=False, accelerator="cpu",
                         devices=1, enable_progress_bar=False, enable_model_summary=False)
    trainer.fit(model, DataLoader(scenes.train, batch_size=BATCH),
                DataLoader(scenes.val, batch_size=BATCH // 2), ckpt_path=checkpoint)
    return model


def column(path, name):
    with open(path) as file:
        return np.array([float(row[name]) for row in csv.DictReader(file) if row[name]])


def check_probabilities(what, model, checkpoint, images, programs, folder):
    model.eval()
    for image in images:
        pixels = torch.tensor(image).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            expected = model(pixels)[0].numpy()
        actual = programs.probabilities(checkpoint, image, folder)
        check_close(f"{what}, {image.shape[0]}x{image.shape[1]}", actual, expected,
                    PROBABILITY_TOLERANCE)


def theirs_here(model, checkpoint, images, programs, folder):
    state = model.state_dict()
    assert len(state) == 288
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    save_file(state, folder / "theirs.safetensors")
    torch.save(torch.nn.DataParallel(model.model).state_dict(), folder / "parallel.pth")
    for path in (folder / "zip.pth", folder / "legacy.pth", folder / "theirs.safetensors",
                 folder / "parallel.pth", checkpoint):
        check_probabilities(f"their {path.name} here", model, path, images, programs, folder)


def ours_there(run, images, programs, folder):
    readers = {".pth": lambda path: torch.load(path, weights_only=True), ".safetensors": load_file}
    for suffix, read in readers.items():
        path = programs.convert(run, folder / f"ours{suffix}")
        model = NotebookModel()
        state = read(path)
        if suffix == ".pth":
            assert list(state) == list(model.state_dict()), "names are in another order"
        model.load_state_dict(state, strict=True)
        check_probabilities(f"our {suffix} there", model, path, images, programs, folder)
    path = programs.convert(run, folder / "ours.ckpt")
    model = NotebookModel.load_from_checkpoint(path, strict=True)
    check_probabilities("our .ckpt there", model, path, images, programs, folder)
    return path


def check_losses(what, run, model, epochs):
    steps = len(model.losses)
    assert steps == epochs * 2, f"{what}: {steps} steps"
    check_close(f"{what}: {steps} training losses", column(run / "steps.csv", "train/Loss")[-steps:],
                np.array(model.losses), LOSS_TOLERANCE)
    check_close(f"{what}: {epochs} validation losses",
                column(run / "metrics.csv", "val/Loss")[-epochs:],
                np.array(model.val_losses[-epochs:]), LOSS_TOLERANCE)


def main():
    warnings.filterwarnings("ignore")
    for name in ("pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    arguments = parse_arguments(__doc__)
    programs = Programs(arguments.programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        images = [image for size in ((320, 320), (96, 160))
                  for image in programs.images(arguments.tiles, size, 1, folder)]
        scenes = Scenes(programs, folder)

        model = fit(scenes, 2, folder / "theirs")
        checkpoint = folder / "theirs" / "epoch=1.ckpt"
        theirs_here(model, checkpoint, images, programs, folder)

        onwards = fit(scenes, 4, folder / "onwards", checkpoint)
        programs.run("train", "--resume", checkpoint, "--run", folder / "here", *scenes.flags(4))
        check_losses("Lightning's training goes on here", folder / "here", onwards, 2)

        run = folder / "ours"
        programs.run("train", "--run", run, *scenes.flags(2))
        ours = ours_there(run, images, programs, folder)
        onwards = fit(scenes, 4, folder / "there", ours)
        programs.run("train", "--resume", run, "--epochs", 4)
        check_losses("our training goes on in Lightning", run, onwards, 2)


if __name__ == "__main__":
    main()
