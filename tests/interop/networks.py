#!/usr/bin/env python3
"""The networks beside the notebook's: U-Net's files of segmentation-models-pytorch predict here what
they predict there and begin trainings for other classes, ours load there strictly, and every option of a network is exported to ONNX as
fpanet_predict computes it.

    python3 tests/interop/networks.py --programs build/bin

Needs PyTorch 2.x, segmentation-models-pytorch, safetensors, onnxruntime and opencv; exit status 77,
with a line that says so, when one is missing.
"""

import pathlib
import tempfile
import warnings

from support import Programs, check_close, need, parse_arguments

need("torch", "segmentation_models_pytorch", "safetensors", "onnxruntime", "cv2")

import numpy as np
import onnxruntime
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import load_file, save_file

PROBABILITY_TOLERANCE = 2e-5
EXPORT_TOLERANCE = 1e-5
SHALLOW = ["--encoder", "resnet18", "--encoder-depth", 3, "--decoder-channels", "32,16,8"]
# What trains a network that is exported.
RUNS = {
    "unet": ["--network", "unet", "--encoder", "resnet18"],
    "no attention": ["--attention", "none", *SHALLOW],
    "a softmax for each row": ["--attention-softmax", "row", *SHALLOW],
    "image": ["--input", "image", *SHALLOW],
    "both": ["--input", "both", "--high-pass", 3, *SHALLOW],
    "mean removed": ["--high-pass", 0, *SHALLOW],
    "larger radius": ["--high-pass", 15, *SHALLOW],
    "depth 4": ["--encoder", "resnet18", "--encoder-depth", 4],
}


def smp_unet(encoder, depth=5, channels=(256, 128, 64, 32, 16)):
    """With running statistics as training leaves them."""
    torch.manual_seed(4)
    model = smp.Unet(encoder, encoder_depth=depth, encoder_weights=None,
                     decoder_channels=channels, classes=7)
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.rand(4, 3, 64, 64))
    return model.eval()


def probabilities(model, image):
    pixels = torch.tensor(image).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        return torch.softmax(model(pixels), dim=1)[0].numpy()


def theirs_here(images, programs, folder):
    for encoder, depth, channels in (("resnet18", 5, (256, 128, 64, 32, 16)),
                                     ("resnet50", 4, (128, 64, 32, 16))):
        model = smp_unet(encoder, depth, channels)
        state = model.state_dict()
        torch.save(state, folder / "unet.pth")
        save_file(state, folder / "unet.safetensors")
        torch.save({f"model.{name}": value for name, value in state.items()},
                   folder / "wrapped.pth")
        for name in ("unet.pth", "unet.safetensors", "wrapped.pth"):
            for image in images:
                actual = programs.probabilities(folder / name, image, folder, "--network", "unet")
                check_close(f"SMP's {encoder} U-Net in {name}, {image.shape[0]}x{image.shape[1]}",
                            actual, probabilities(model, image), PROBABILITY_TOLERANCE)


def theirs_tuned(programs, folder):
    """A U-Net of SMP for three classes begins a training for seven, but for its head."""
    model = smp.Unet("resnet18", encoder_weights=None, classes=3)
    torch.save(model.state_dict(), folder / "three.pth")
    programs.run("train", "--data", "synthetic:14", "--image-size", 64, "--epochs", 1, "--lr", 1e-12,
                 "--device", "cpu", "--quiet", "--network", "unet", "--init", folder / "three.pth",
                 "--run", folder / "tuned")
    tuned = load_file(folder / "tuned/checkpoints/last.safetensors")
    for name, weight in model.named_parameters():
        if name.startswith("segmentation_head."):
            assert tuned[name].shape[0] == 7 and weight.shape[0] == 3
        else:
            assert (tuned[name] - weight).abs().max() < 1e-9, name
    print("ok: SMP's U-Net of three classes begins a training for seven", flush=True)


def ours_there(run, images, programs, folder):
    model = smp.Unet("resnet18", encoder_weights=None, classes=7).eval()
    readers = {".pth": lambda path: torch.load(path, weights_only=True), ".safetensors": load_file}
    for suffix, read in readers.items():
        path = programs.convert(run, folder / f"ours{suffix}")
        state = read(path)
        if suffix == ".pth":
            assert list(state) == list(model.state_dict()), "names are in another order"
            assert state.fpanet_metadata["fpanet.network"] == "unet"
        model.load_state_dict(state, strict=True)
        for image in images:
            check_close(f"our U-Net in {suffix} there, {image.shape[0]}x{image.shape[1]}",
                        programs.probabilities(path, image, folder), probabilities(model, image),
                        PROBABILITY_TOLERANCE)


def check_export(what, run, images, programs, folder):
    for image in images:
        height, width, _ = image.shape
        model = folder / "model.onnx"
        programs.run("tool", "export", "--checkpoint", run, "--out", model, "--image-size",
                     f"{height}x{width}")
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        assert "fpanet.network" in session.get_modelmeta().custom_metadata_map
        pixels = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (actual,) = session.run(None, {"images": pixels})
        check_close(f"{what} in onnxruntime, {height}x{width}", actual[0],
                    programs.probabilities(run, image, folder), EXPORT_TOLERANCE)


def main():
    warnings.filterwarnings("ignore")
    arguments = parse_arguments(__doc__)
    programs = Programs(arguments.programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        images = [image for size in ((128, 128), (96, 160))
                  for image in programs.images(arguments.tiles, size, 1, folder)]
        theirs_here(images, programs, folder)
        theirs_tuned(programs, folder)
        for what, flags in RUNS.items():
            run = folder / what.replace(" ", "_")
            programs.run("train", "--data", "synthetic:14", "--image-size", 128, "--batch-size", 2,
                         "--epochs", 3, "--device", "cpu", "--quiet", "--run", run, *flags)
            check_export(what, run, images, programs, folder)
            if what == "unet":
                ours_there(run, images, programs, folder)


if __name__ == "__main__":
    main()
