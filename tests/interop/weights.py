#!/usr/bin/env python3
"""Round trips of weight files between fpanet_tool and the libraries that others use.

    python3 tests/interop/weights.py --programs build/bin

Needs PyTorch 2.x and safetensors; the parts with pytorch-lightning and segmentation-models-pytorch
run when these are installed. Exit status 77, with a line that says so, when PyTorch is missing.
"""

import json
import pathlib
import struct
import tempfile

from support import Programs, installed, need, parse_arguments

need("torch", "safetensors")

import torch
from safetensors.torch import load_file, save_file


def check_equal(read, wanted, what):
    assert list(read) == list(wanted), f"{what}: names {list(read)} instead of {list(wanted)}"
    for name, tensor in wanted.items():
        got = read[name]
        assert got.dtype == tensor.dtype, f"{what}: {name} is {got.dtype}, not {tensor.dtype}"
        assert got.shape == tensor.shape, f"{what}: {name} is {got.shape}, not {tensor.shape}"
        assert torch.equal(got, tensor), f"{what}: {name} differs"
    print(f"ok: {what}: {len(wanted)} tensors")


def every_kind_of_tensor():
    random = torch.Generator().manual_seed(0)
    base = torch.randn(6, 8, generator=random)
    tensors = {
        "parameter": torch.nn.Parameter(torch.randn(5, 3, 3, 3, generator=random)),
        "frozen": torch.nn.Parameter(torch.randn(4, generator=random), requires_grad=False),
        "row": base[2],
        "transposed": base.t(),
        "strided": base[::2, 1::3],
        "expanded": base[0].expand(3, 8),
        "channels_last": torch.randn(2, 3, 4, 5, generator=random).to(
            memory_format=torch.channels_last),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        "five_axes": torch.randn(2, 1, 3, 1, 2, generator=random),
    }
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        tensors[str(dtype)] = torch.randn(7, generator=random).to(dtype)
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool):
        tensors[str(dtype)] = torch.randint(0, 2, (9,), generator=random).to(dtype)
    return tensors


def torch_files(folder, convert):
    tensors = every_kind_of_tensor()
    plain = {name: tensor.detach() for name, tensor in tensors.items()}
    savers = {
        "zip": lambda path: torch.save(tensors, path),
        "legacy": lambda path: torch.save(tensors, path, _use_new_zipfile_serialization=False),
        "protocol4": lambda path: torch.save(tensors, path, pickle_protocol=4),
        "wrapped": lambda path: torch.save({"epoch": 3, "model": tensors}, path),
    }
    for kind, save in savers.items():
        path = folder / f"{kind}.pth"
        save(path)
        ours = convert(path, folder / f"{kind}.safetensors")
        check_equal(load_in_order(ours), plain, f"theirs {kind} -> our safetensors")
        ours = convert(path, folder / f"{kind}_ours.pth")
        check_equal(torch.load(ours, weights_only=True), plain, f"theirs {kind} -> our pth")

    contiguous = {name: tensor.contiguous().clone() for name, tensor in plain.items()}
    save_file(contiguous, folder / "theirs.safetensors")
    ours = convert(folder / "theirs.safetensors", folder / "back.pth")
    read = torch.load(ours, weights_only=True)
    check_equal({name: read[name] for name in contiguous}, contiguous,
                "theirs safetensors -> our pth")


def load_in_order(path):
    """What safetensors reads, in the order of the file's header."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        names = [name for name in json.loads(file.read(length)) if name != "__metadata__"]
    read = load_file(path)
    assert set(read) == set(names)
    return {name: read[name] for name in names}


def whole_model(folder, convert):
    if not installed("segmentation_models_pytorch"):
        return
    import segmentation_models_pytorch as smp

    def build(seed):
        torch.manual_seed(seed)
        return smp.MAnet("resnet34", encoder_weights=None, classes=7).eval()

    model, image = build(1), torch.randn(1, 3, 64, 64)
    torch.save(model.state_dict(), folder / "model.pth")
    for suffix in (".safetensors", ".pth"):
        path = convert(folder / "model.pth", folder / f"model_ours{suffix}")
        if suffix == ".safetensors":
            state = load_in_order(path)
        else:
            state = torch.load(path, weights_only=True)
        assert list(state) == list(model.state_dict()), "names are in another order"
        copy = build(2)
        copy.load_state_dict(state, strict=True)
        with torch.no_grad():
            assert torch.equal(copy(image), model(image))
        print(f"ok: a segmentation model through our {suffix}: the same output, strictly loaded")


def lightning(folder, convert):
    if not installed("pytorch_lightning"):
        return
    import logging
    import warnings

    import pytorch_lightning as pl
    from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
    from torch.utils.data import DataLoader, TensorDataset

    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    images = torch.randn(12, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    train = DataLoader(TensorDataset(images), batch_size=2)
    val = DataLoader(TensorDataset(images[:6]), batch_size=2)

    class Model(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4),
                                             torch.nn.ReLU(), torch.nn.Conv2d(4, 1, 3))
            self.unused = torch.nn.Conv2d(3, 3, 3)  # gets no gradient, has no optimizer state
            self.losses = []

        def loss(self, batch):
            return (self.model(batch[0]) - 1).square().mean()

        def training_step(self, batch, _):
            loss = self.loss(batch)
            self.losses.append((self.current_epoch, self.global_step, loss.item()))
            return loss

        def validation_step(self, batch, _):
            self.log("val/Loss", self.loss(batch))

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=1e-2)

    def fit(epochs, checkpoint=None):
        model, stopping = Model(), EarlyStopping("val/Loss", patience=10)
        saving = ModelCheckpoint(dirpath=folder / "saved", filename="{epoch}", save_top_k=-1,
                                 monitor="val/Loss")
        trainer = pl.Trainer(max_epochs=epochs, callbacks=[stopping, saving], logger=False,
                             accelerator="cpu", enable_progress_bar=False,
                             enable_model_summary=False)
        trainer.fit(model, train, val, ckpt_path=checkpoint)
        return model.losses, stopping.state_dict(), saving

    pl.seed_everything(1)
    _, _, saving = fit(2)
    theirs = folder / "saved" / "epoch=1.ckpt"
    ours = convert(theirs, folder / "ours.ckpt")
    Model.load_from_checkpoint(ours)
    state = torch.load(ours, weights_only=True)
    assert list(state["optimizer_states"][0]["state"]) == list(range(6))
    expected, expected_stopping, _ = fit(4, theirs)
    actual, actual_stopping, _ = fit(4, ours)
    assert expected and actual == expected, f"{actual} instead of {expected}"
    assert actual_stopping == expected_stopping
    print(f"ok: Lightning {pl.__version__} goes on from our .ckpt: {len(actual)} equal losses")


def main():
    programs = Programs(parse_arguments(__doc__).programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in (torch_files, whole_model, lightning):
            part(folder, programs.convert)


if __name__ == "__main__":
    main()
