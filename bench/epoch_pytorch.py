#!/usr/bin/env python3
"""Measures epochs of training with PyTorch and the FPA-Net notebook's loader, for compare_epoch.sh.

Reads ID_sat.jpg and ID_mask.png with OpenCV, resizes, flips and jitters like the notebook's
albumentations pipeline, and converts colours to classes like the notebook (one comparison of the whole
mask per class), in a DataLoader with the notebook's two workers. Each step also computes the
notebook's metrics. Prints the time of every epoch in seconds.
"""

import argparse
import csv
import glob
import json
import os
import time

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import pytorch_peer


def read_classes(folder):
    with open(os.path.join(folder, "class_dict.csv"), encoding="utf-8") as file:
        return [(int(row["r"]), int(row["g"]), int(row["b"]))
                for row in csv.DictReader(file, skipinitialspace=True)]


def rgb2category(rgb_mask, colors):
    category_mask = np.zeros(rgb_mask.shape[:2], dtype=np.int8)
    for i, color in enumerate(colors):
        hits = np.all(rgb_mask.reshape((-1, 3)) == color, axis=1).reshape(rgb_mask.shape[:2])
        category_mask += (hits * i).astype(np.int8)
    return category_mask


def augment(image, mask, size):
    """Resizes; flips in each direction with probability 0.5; changes brightness and contrast by up to
    0.2 with probability 0.3."""
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
    mask = cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST)
    if np.random.rand() < 0.5:
        image, mask = cv2.flip(image, 1), cv2.flip(mask, 1)
    if np.random.rand() < 0.5:
        image, mask = cv2.flip(image, 0), cv2.flip(mask, 0)
    if np.random.rand() < 0.3:
        alpha, beta = 1 + np.random.uniform(-0.2, 0.2), np.random.uniform(-0.2, 0.2)
        lut = np.clip(np.arange(256, dtype=np.float32) * alpha + beta * 255, 0, 255)
        image = cv2.LUT(image, lut.astype(np.uint8))
    return image, mask


class Tiles(Dataset):
    def __init__(self, folder, size):
        self.images = sorted(glob.glob(os.path.join(folder, "*_sat.jpg")))
        self.colors = read_classes(folder)
        self.size = size

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        path = self.images[index]
        image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        mask = cv2.cvtColor(cv2.imread(path.replace("_sat.jpg", "_mask.png")), cv2.COLOR_BGR2RGB)
        image, mask = augment(image, mask, self.size)
        mask = rgb2category(mask, self.colors)
        image = np.transpose(image, (2, 0, 1)).astype(np.float64)
        return torch.Tensor(image) / 255.0, torch.Tensor(mask).long()


def stats(predicted, labels):
    """True and false positives and negatives per image and class, like SMP's get_stats."""
    counts = []
    for p, t in zip(predicted, labels):
        tp = torch.histc(p[p == t].float(), pytorch_peer.CLASSES, 0, pytorch_peer.CLASSES - 1)
        fp = torch.histc(p.float(), pytorch_peer.CLASSES, 0, pytorch_peer.CLASSES - 1) - tp
        fn = torch.histc(t.float(), pytorch_peer.CLASSES, 0, pytorch_peer.CLASSES - 1) - tp
        counts.append(torch.stack([tp, fp, fn, p.numel() - tp - fp - fn]))
    return torch.stack(counts)


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of tiles with class_dict.csv")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=320)
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's default")
    parser.add_argument("--layout", choices=["contiguous", "channels_last"],
                        default="channels_last")
    parser.add_argument("--json", default="")
    return parser.parse_args()


def main():
    args = parse_args()
    if args.threads > 0:
        torch.set_num_threads(args.threads)
    layout = getattr(torch, f"{args.layout}_format" if args.layout == "contiguous"
                     else args.layout)
    model = pytorch_peer.FPANet(args.image_size, args.image_size).to(memory_format=layout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    loader = DataLoader(Tiles(args.data, args.image_size), args.batch, shuffle=True, num_workers=2)
    seconds = []
    for _ in range(args.epochs):
        start = time.perf_counter()
        for images, labels in loader:
            probabilities = model(images.contiguous(memory_format=layout))
            loss = pytorch_peer.dice_loss(probabilities, labels)
            stats(probabilities.argmax(1), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
        print(f"epoch {len(seconds)}: {seconds[-1]:.3f} s", flush=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"framework": f"torch {torch.__version__}", "epoch_seconds": seconds}, file)
            file.write("\n")


if __name__ == "__main__":
    main()
