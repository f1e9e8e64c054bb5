#!/usr/bin/env python3
"""Hub folders: FPANet.from_pretrained of the fpanet.py in the folder gives the probabilities of
fpanet_predict for every option of the network, smp.from_pretrained loads a U-Net's folder as it is, and what
either saves again is read here.

    python3 tests/interop/hub.py --programs build/bin

Needs PyTorch 2.x, segmentation-models-pytorch 0.4 or later, huggingface_hub, safetensors and opencv; exit status 77,
with a line that says so, when one is missing.
"""

import importlib.util
import json
import pathlib
import tempfile
import warnings

from support import Programs, check_close, need, parse_arguments

need("torch", "segmentation_models_pytorch", "huggingface_hub", "safetensors", "yaml", "cv2")

import segmentation_models_pytorch as smp
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file, save_file

TOLERANCE = 2e-5
SHALLOW = ["--encoder", "resnet18", "--encoder-depth", 3, "--decoder-channels", "32,16,8"]
RUNS = {
    "as published": ["--encoder", "resnet34"],
    "no attention": ["--attention", "none", *SHALLOW],
    "a softmax for each row": ["--attention-softmax", "row", *SHALLOW],
    "image": ["--input", "image", *SHALLOW],
    "both": ["--input", "both", "--high-pass", 3, *SHALLOW],
    "mean removed": ["--high-pass", 0, "--encoder", "resnet50", "--encoder-depth", 4],
    "unet": ["--network", "unet", "--encoder", "resnet18"],
    "shallow unet": ["--network", "unet", "--encoder", "resnet50", "--encoder-depth", 4,
                     "--decoder-channels", "64,32,16,8"],
}


def class_of(folder):
    """The class in the folder's fpanet.py."""
    spec = importlib.util.spec_from_file_location("fpanet", folder / "fpanet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FPANet


def load(folder):
    if (folder / "fpanet.py").exists():
        return class_of(folder).from_pretrained(folder, strict=True).eval()
    model = smp.from_pretrained(folder).eval()
    return torch.nn.Sequential(model, torch.nn.Softmax(dim=1))


def check_files(folder):
    config = json.loads((folder / "config.json").read_text())
    assert config["_model_class"] in ("FPANet", "Unet")
    assert len(config["_class_names"]) == config["classes"] == 7
    _, head, _ = (folder / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(head)["pipeline_tag"] == "image-segmentation"
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert file.metadata()["format"] == "pt"


def check_probabilities(what, model, checkpoint, images, programs, folder):
    for image in images:
        pixels = torch.tensor(image).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            actual = model(pixels)[0].numpy()
        check_close(f"{what}, {image.shape[0]}x{image.shape[1]}", actual,
                    programs.probabilities(checkpoint, image, folder), TOLERANCE)


def check_five_bands(programs, folder):
    """A network of five bands, which no run here makes: its weights come from PyTorch."""
    torch.manual_seed(3)
    made = class_of(folder / "both_hub")(
        encoder_name="resnet18", in_channels=5, classes=3, input="image", attention_channels=32)
    save_file(made.state_dict(), folder / "bands.safetensors")
    programs.run("tool", "export", "--checkpoint", folder / "bands.safetensors", "--network",
                 "fpanet", "--input", "image", "--format", "hf", "--out", folder / "bands_hub")
    loaded = load(folder / "bands_hub")
    images = torch.rand(1, 5, 64, 96)
    with torch.no_grad():
        check_close("five bands", loaded(images).numpy(), made.eval()(images).numpy(), 0)


def main():
    warnings.filterwarnings("ignore")
    arguments = parse_arguments(__doc__)
    programs = Programs(arguments.programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        images = [image for size in ((128, 128), (96, 160))
                  for image in programs.images(arguments.tiles, size, 1, folder)]
        for what, flags in RUNS.items():
            run, hub = folder / "run" / what, folder / f"{what}_hub"
            programs.run("train", "--data", "synthetic:14", "--image-size", 128, "--batch-size", 2,
                         "--epochs", 3, "--device", "cpu", "--quiet", "--run", run, *flags)
            programs.run("tool", "export", "--checkpoint", run, "--format", "hf", "--out", hub)
            check_files(hub)
            model = load(hub)
            check_probabilities(what, model, run, images, programs, folder)
            # The folder itself is a checkpoint here.
            check_probabilities(f"{what}, folder read here", model, hub, images[:1], programs,
                                folder)
            if what in ("both", "shallow unet"):
                again = folder / f"{what}_again"
                (model if what == "both" else model[0]).save_pretrained(again)
                flags = ["--input", "both", "--high-pass", 3] if what == "both" else []
                assert load_file(again / "model.safetensors").keys() == load_file(
                    hub / "model.safetensors").keys()
                actual = programs.probabilities(
                    again, images[0], folder, "--network", "fpanet" if flags else "unet", *flags)
                check_close(f"{what}, saved again by PyTorch", actual,
                            programs.probabilities(run, images[0], folder), TOLERANCE)
        check_five_bands(programs, folder)


if __name__ == "__main__":
    main()
