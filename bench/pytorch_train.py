#!/usr/bin/env python3
"""Trains the FPA-Net of bench/pytorch_peer.py with the recipe of fpanet_train, to compare quality.

    python3 bench/pytorch_train.py --write-init init.safetensors --seed 1
    python3 bench/pytorch_train.py --data tiles --split split.csv --init init.safetensors \\
        --seed 1 --epochs 60 --device cuda --precision bf16 --out torch.safetensors

Both use the same data, split, initial weights, distribution of augmentations, Dice loss over the
classes without stray mask colours, and AdamW, and both keep the weights of the epoch with the lowest
validation loss. The result is a safetensors file that fpanet_eval reads, so that the same program
evaluates both. Images are decoded and resized once and stay on the device.
"""

import argparse
import csv
import pathlib
import random
import time

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import pytorch_peer

IGNORED = 255


def initialize(model):
    """Initialises encoder, decoder and head like segmentation-models-pytorch."""
    for name, module in model.named_modules():
        if not isinstance(module, nn.Conv2d):
            continue
        if name.startswith("model.encoder"):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif name.startswith("model.decoder"):
            nn.init.kaiming_uniform_(module.weight, mode="fan_in", nonlinearity="relu")
        else:
            nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def state_dict_of(model):
    """The state dict with the convolution that the notebook declares but never calls, because files
    contain it."""
    state = {name: tensor.detach().contiguous().cpu() for name, tensor in model.state_dict().items()}
    unused = nn.Conv2d(3, 3, 3, padding=1)
    state["FreqFeature.conv1.weight"] = unused.weight.detach()
    state["FreqFeature.conv1.bias"] = unused.bias.detach()
    return state


class Tiles:
    """All tiles of one part of the split, as uint8 tensors on the device."""

    def __init__(self, folder, ids, size, device):
        with open(folder / "class_dict.csv", newline="", encoding="utf-8") as file:
            colours = [tuple(int(row[c]) for c in "rgb") for row in csv.DictReader(file)]
        images, labels = [], []
        for tile in ids:
            image = cv2.imread(str(folder / f"{tile}_sat.jpg"))[:, :, ::-1]
            mask = cv2.imread(str(folder / f"{tile}_mask.png"))[:, :, ::-1]
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
            mask = cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST)
            label = np.full(mask.shape[:2], IGNORED, np.uint8)
            for index, colour in enumerate(colours):
                label[(mask == colour).all(2)] = index
            images.append(image.transpose(2, 0, 1))
            labels.append(label)
        self.images = torch.from_numpy(np.stack(images)).to(device)
        self.labels = torch.from_numpy(np.stack(labels)).to(device)

    def __len__(self):
        return len(self.images)

    def batch(self, indices, augment):
        images, labels = self.images[indices].float(), self.labels[indices].long()
        if augment:
            for i in range(len(indices)):
                for axis in (1, 2):
                    if random.random() < 0.5:
                        images[i] = images[i].flip(axis)
                        labels[i] = labels[i].flip(axis - 1)
                if random.random() < 0.3:
                    alpha, beta = 1 + random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2)
                    images[i] = (images[i] * alpha + beta * 255).clamp(0, 255).floor()
        return images.div(255).contiguous(memory_format=torch.channels_last), labels


def dice_loss(probabilities, labels):
    """pytorch_peer.dice_loss without the ignored pixels."""
    kept = (labels != IGNORED).unsqueeze(1)
    target = nn.functional.one_hot(labels.where(labels != IGNORED, torch.zeros_like(labels)),
                                   pytorch_peer.CLASSES).permute(0, 3, 1, 2) * kept
    probabilities = probabilities * kept
    intersection = (probabilities * target).sum((0, 2, 3))
    cardinality = (probabilities + target).sum((0, 2, 3))
    loss = 1 - 2 * intersection / cardinality.clamp_min(1e-7)
    return (loss * (target.sum((0, 2, 3)) > 0)).mean()


def read_split(path):
    parts = {"train": [], "val": [], "test": []}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            parts[row["split"]].append(row["id"])
    return parts


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write-init", type=pathlib.Path, help="write initial weights and exit")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--split", type=pathlib.Path, help="CSV with the columns id,split")
    parser.add_argument("--init", type=pathlib.Path, help="safetensors file of the whole model")
    parser.add_argument("--out", type=pathlib.Path, help="weights of the best epoch")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=320)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="bf16")
    args = parser.parse_args()
    if not args.write_init and not (args.data and args.split and args.init and args.out):
        parser.error("give --write-init, or all of --data, --split, --init and --out")
    return args


def autocast(args):
    return torch.autocast(args.device.split(":")[0], torch.bfloat16,
                          enabled=args.precision == "bf16")


def train_epoch(args, model, optimizer, tiles):
    model.train()
    order = list(range(len(tiles)))
    random.shuffle(order)
    losses = []
    for start in range(0, len(order), args.batch_size):
        images, labels = tiles.batch(order[start:start + args.batch_size], augment=True)
        optimizer.zero_grad(set_to_none=True)
        with autocast(args):
            probabilities = model(images)
        loss = dice_loss(probabilities.float(), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach() * len(images))
    return (sum(losses) / len(tiles)).item()


@torch.inference_mode()
def validate(args, model, tiles):
    model.eval()
    total, size = 0.0, max(1, args.batch_size // 2)
    for start in range(0, len(tiles), size):
        images, labels = tiles.batch(list(range(start, min(start + size, len(tiles)))), False)
        with autocast(args):
            probabilities = model(images)
        total += dice_loss(probabilities.float(), labels).item() * len(images)
    return total / len(tiles)


def main():
    args = parse_args()
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    model = pytorch_peer.FPANet(args.image_size, args.image_size)
    if args.write_init:
        initialize(model)
        save_file(state_dict_of(model), args.write_init)
        return
    initial = load_file(args.init)
    model.load_state_dict({k: v for k, v in initial.items() if not k.startswith("FreqFeature")})
    model = model.to(args.device, memory_format=torch.channels_last)
    pytorch_peer.Setting(args.precision).apply()
    split = read_split(args.split)
    train = Tiles(args.data, split["train"], args.image_size, args.device)
    val = Tiles(args.data, split["val"], args.image_size, args.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01)
    best, start = float("inf"), time.perf_counter()
    for epoch in range(args.epochs):
        train_loss = train_epoch(args, model, optimizer, train)
        val_loss = validate(args, model, val)
        print(f"epoch {epoch}: train/Loss {train_loss:.4f}, val/Loss {val_loss:.4f}, "
              f"{time.perf_counter() - start:.0f} s", flush=True)
        if val_loss < best:
            best = val_loss
            save_file(state_dict_of(model), args.out)


if __name__ == "__main__":
    main()
