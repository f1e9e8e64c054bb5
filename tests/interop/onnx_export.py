#!/usr/bin/env python3
"""fpanet_tool export against fpanet_predict: the exported model in onnxruntime gives the same
probabilities, at several image sizes and batch sizes, on a real tile and synthetic scenes.

Both round, so the net must be one whose rounding is far below the tolerance. Trained on 64x64 images
in batches of two it is not: the deepest batch norms see 8 values a channel, and PyTorch's own float32
and float64 are up to 9e-5 apart where two positions compete for the attention.

    python3 tests/interop/onnx_export.py --programs build/bin

Needs onnxruntime, numpy and opencv; ONNX's own checker runs where it is installed. Exit status 77,
with a line that says so, when they are missing.
"""

import json
import pathlib
import tempfile

from support import Programs, check_close, installed, need, parse_arguments

need("numpy", "cv2", "onnxruntime")

import cv2
import numpy as np
import onnxruntime

TOLERANCE = 1e-5
# Sizes of images, and the batches they run in. At 1056x1056 attention is computed in blocks.
CASES = {
    "resnet34": {(320, 320): (1, 3), (96, 160): (1, 3), (1056, 1056): (1,)},
    "resnet50": {(128, 128): (1, 3)},
}


def trained(programs, folder, encoder):
    """A checkpoint whose running statistics have left their initial values behind."""
    run = folder / f"run_{encoder}"
    programs.run("train", "--data", "synthetic:14", "--image-size", 128, "--encoder", encoder,
                 "--batch-size", 2, "--epochs", 8, "--device", "cpu", "--run", run)
    return run / "checkpoints" / "last.safetensors"


def check_format(model):
    if not installed("onnx"):
        return
    import onnx

    onnx.checker.check_model(str(model), full_check=True)
    proto = onnx.load(str(model))
    assert proto.opset_import[0].version == 17
    types = {node.op_type for node in proto.graph.node}
    assert "BatchNormalization" not in types, "batch norms are to be folded"
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param, "the batch is fixed"


def check_qgis(session, size, classes=7):
    """As the Deepness plugin of QGIS reads it: every value is JSON."""
    metadata = session.get_modelmeta().custom_metadata_map
    (images,) = session.get_inputs()
    assert images.shape[1:] == [3, *size] and not isinstance(images.shape[0], int)
    value = {key: json.loads(metadata[key]) for key in (
        "model_type", "class_names", "resolution", "tile_size", "tiles_size", "tiles_overlap",
        "seg_thresh", "seg_small_segment", "standardization_mean", "standardization_std")}
    assert value["model_type"] == "Segmentor"
    assert list(value["class_names"]) == [str(k) for k in range(classes)]
    assert value["class_names"]["0"] == "urban_land"
    assert value["resolution"] == 50
    assert value["tile_size"] == value["tiles_size"] == size[1]
    assert value["tiles_overlap"] == 25
    assert value["seg_thresh"] == value["seg_small_segment"] == 0
    assert value["standardization_mean"] == [0.0] * 3
    assert value["standardization_std"] == [1.0] * 3


def check_export(programs, encoder, checkpoint, size, batches, tiles, folder):
    height, width = size
    model = folder / f"model_{height}x{width}.onnx"
    programs.run("tool", "export", "--checkpoint", checkpoint, "--out", model, "--image-size",
                 f"{height}x{width}", "--pixel-size", 0.5)
    check_format(model)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    check_qgis(session, size)
    images = programs.images(tiles, size, max(batches), folder)
    expected = [programs.probabilities(checkpoint, image, folder) for image in images]
    for batch in batches:
        pixels = np.stack(images[:batch]).transpose(0, 3, 1, 2).astype(np.float32) / 255
        (actual,) = session.run(None, {"images": pixels})
        check_close(f"{encoder}, {height}x{width}, batch {batch}", actual,
                    np.stack(expected[:batch]), TOLERANCE)


def check_bands(programs, folder):
    """Four bands of 16 bits: the file says by which scale they become its input."""
    size, scenes, run = (96, 128), folder / "infrared", folder / "run_bands"
    programs.run("tool", "synth", "--out", scenes, "--count", 14, "--size", "96x128", "--bands", 4,
                 "--type", "u16")
    programs.run("train", "--data", scenes, "--bands", 4, "--image-size", "96x128", "--encoder",
                 "resnet18", "--batch-size", 2, "--epochs", 8, "--device", "cpu", "--run", run)
    model, checkpoint = folder / "bands.onnx", run / "checkpoints" / "last.safetensors"
    programs.run("tool", "export", "--checkpoint", checkpoint, "--out", model, "--image-size",
                 "96x128")
    check_format(model)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["fpanet.bands"] == "4" and metadata["fpanet.sample_type"] == "u16", metadata
    low, high = np.array(json.loads(metadata["fpanet.scale"]), np.float32).T
    file = sorted(scenes.glob("*_sat.png"))[0]
    samples = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)[:, :, [2, 1, 0, 3]].astype(np.float32)
    values = ((samples - low) / (high - low)).clip(0, 1).transpose(2, 0, 1)[None]
    (actual,) = session.run(None, {"images": values})
    programs.run("predict", "--checkpoint", checkpoint, "--image", file, "--out", folder / "maps",
                 "--probabilities")
    expected = np.load(folder / "maps" / f"{file.stem}_probs.npy")
    check_close(f"four bands of 16 bits, {size[0]}x{size[1]}", actual[0], expected, TOLERANCE)


def main():
    arguments = parse_arguments(__doc__)
    programs = Programs(arguments.programs)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for encoder, sizes in CASES.items():
            checkpoint = trained(programs, folder, encoder)
            for size, batches in sizes.items():
                check_export(programs, encoder, checkpoint, size, batches, arguments.tiles, folder)
        check_bands(programs, folder)


if __name__ == "__main__":
    main()
