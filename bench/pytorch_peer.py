#!/usr/bin/env python3
"""FPA-Net in plain PyTorch: the reference for `fpanet_tool bench`.

Network, loss, optimizer and the names in the state dict are the same as in the engine.
segmentation-models-pytorch is not needed. Prints one line. With --json, also writes the results with
the keys of `fpanet_tool bench --json`.

    python3 bench/pytorch_peer.py --task train --batch 8 --image-size 320 --threads 2

bench/compare_gpu.py compares the settings below with the engine.
"""

import argparse
import contextlib
import json
import resource
import statistics
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 7


class BasicBlock(nn.Module):
    def __init__(self, in_channels, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or in_channels != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + identity)


class Encoder(nn.Module):
    """ResNet-34 without its classifier; returns the features at strides 1 to 32."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage, blocks in enumerate([3, 4, 6, 3]):
            planes = 64 << stage
            layer = []
            for i in range(blocks):
                layer.append(BasicBlock(channels, planes, 2 if stage > 0 and i == 0 else 1))
                channels = planes
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))

    def forward(self, x):
        features = [x, F.relu(self.bn1(self.conv1(x)))]
        x = F.max_pool2d(features[-1], 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features


class PositionAttention(nn.Module):
    def __init__(self, channels, pab_channels=64):
        super().__init__()
        self.top_conv = nn.Conv2d(channels, pab_channels, 1)
        self.center_conv = nn.Conv2d(channels, pab_channels, 1)
        self.bottom_conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.out_conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        n, c, h, w = x.shape
        top = self.top_conv(x).flatten(2)
        center = self.center_conv(x).flatten(2).transpose(1, 2)
        bottom = self.bottom_conv(x).flatten(2).transpose(1, 2)
        scores = torch.matmul(center, top)
        attention = scores.reshape(n, -1).softmax(1).reshape(n, h * w, h * w)
        return self.out_conv(x + torch.matmul(attention, bottom).reshape(n, c, h, w))


def conv_relu(in_channels, out_channels):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
                         nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))


class DecoderBlock(nn.Module):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__()
        self.conv1 = conv_relu(in_channels + skip_channels, out_channels)
        self.conv2 = conv_relu(out_channels, out_channels)

    def forward(self, x, skip):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        if skip is not None:
            x = torch.cat([x, skip], 1)
        return self.conv2(self.conv1(x))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.center = PositionAttention(512)
        sizes = [(512, 256, 256), (256, 128, 128), (128, 64, 64), (64, 64, 32), (32, 0, 16)]
        self.blocks = nn.ModuleList(DecoderBlock(*size) for size in sizes)

    def forward(self, features):
        x = self.center(features[-1])
        skips = [*reversed(features[1:-1]), None]
        for block, skip in zip(self.blocks, skips):
            x = block(x, skip)
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()
        self.segmentation_head = nn.Sequential(nn.Conv2d(16, CLASSES, 3, padding=1))

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.encoder(x))).softmax(1)


def dct_rows(size):
    """The 11 lowest rows of the orthonormal DCT-II."""
    k = torch.arange(11, dtype=torch.float64)[:, None]
    n = torch.arange(size, dtype=torch.float64)[None]
    rows = torch.cos(torch.pi * k * (2 * n + 1) / (2 * size)) * (2 / size) ** 0.5
    rows[0] *= 0.5 ** 0.5
    return rows


class HighPass(nn.Module):
    """x minus its projection on the 66 lowest frequencies (i + j <= 10)."""

    def __init__(self, height, width):
        super().__init__()
        i, j = torch.meshgrid(torch.arange(11), torch.arange(11), indexing="ij")
        self.register_buffer("rows_h", dct_rows(height).float(), persistent=False)
        self.register_buffer("rows_w", dct_rows(width).float(), persistent=False)
        self.register_buffer("keep", (i + j <= 10).float(), persistent=False)

    def forward(self, x):
        low = torch.matmul(torch.matmul(self.rows_h, x), self.rows_w.T) * self.keep
        return x - torch.matmul(torch.matmul(self.rows_h.T, low), self.rows_w)


class FPANet(nn.Module):
    def __init__(self, height, width):
        super().__init__()
        self.model = Net()
        self.high_pass = HighPass(height, width)

    def forward(self, x):
        return self.model(self.high_pass(x))


def dice_loss(probabilities, labels):
    target = F.one_hot(labels, CLASSES).permute(0, 3, 1, 2).to(probabilities.dtype)
    intersection = (probabilities * target).sum((0, 2, 3))
    cardinality = (probabilities + target).sum((0, 2, 3))
    loss = 1 - 2 * intersection / cardinality.clamp_min(1e-7)
    return (loss * (target.sum((0, 2, 3)) > 0)).mean()


def training_loss(model, images, labels):
    return dice_loss(model(images).float(), labels)


@dataclass(frozen=True)
class Setting:
    """A configuration of PyTorch."""
    precision: str = "fp32"  # fp32, tf32, bf16 (autocast)
    layout: str = "channels_last"  # or contiguous
    compile: str = ""  # torch.compile's mode; empty: eager

    def apply(self):
        """Sets the process-wide switches for steps with this setting."""
        tf32 = self.precision == "tf32"
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = True


# What a PyTorch user would try on a GPU, from the plain call to the fastest setting that takes two
# more lines.
SETTINGS = {
    "eager fp32": Setting("fp32", "contiguous"),
    "eager tf32": Setting("tf32", "contiguous"),
    "eager bf16 channels_last": Setting("bf16"),
    "reduce-overhead bf16 channels_last": Setting("bf16", compile="reduce-overhead"),
    "max-autotune bf16 channels_last": Setting("bf16", compile="max-autotune"),
}


class Step:
    """One training step or one inference of FPA-Net, which can be run repeatedly."""

    def __init__(self, task, batch, size, device, setting):
        self.setting = setting
        self.device = torch.device(device)
        self.on_cuda = self.device.type == "cuda"
        setting.apply()
        if self.on_cuda:
            torch.cuda.reset_peak_memory_stats()
        self.memory_before = torch.cuda.memory_allocated() if self.on_cuda else 0
        self.model = FPANet(size, size).to(self.device)
        self.images = torch.rand(batch, 3, size, size, device=self.device)
        if setting.layout == "channels_last":
            self.model = self.model.to(memory_format=torch.channels_last)
            self.images = self.images.contiguous(memory_format=torch.channels_last)
        self.labels = torch.randint(0, CLASSES, (batch, size, size), device=self.device)
        self.train = task == "train"
        call = training_loss if self.train else FPANet.forward
        self.call = torch.compile(call, mode=setting.compile) if setting.compile else call
        if self.train:
            self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4,
                                               fused=self.on_cuda or None)
        else:
            self.model.eval()

    def autocast(self):
        if self.setting.precision != "bf16":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def __call__(self):
        if self.setting.compile and self.on_cuda:
            torch.compiler.cudagraph_mark_step_begin()
        if not self.train:
            with torch.inference_mode(), self.autocast():
                self.call(self.model, self.images)
            return
        self.optimizer.zero_grad(set_to_none=True)
        with self.autocast():
            loss = self.call(self.model, self.images, self.labels)
        loss.backward()
        self.optimizer.step()

    def synchronize(self):
        if self.on_cuda:
            torch.cuda.synchronize()

    def measure(self, repeat):
        """Returns two results: the times in seconds of `repeat` steps with a synchronisation after each,
        and the mean time of `repeat` steps with one synchronisation at the end (on a GPU, the host then
        runs ahead)."""
        self.setting.apply()
        self.synchronize()
        seconds = []
        for _ in range(repeat):
            start = time.perf_counter()
            self()
            self.synchronize()
            seconds.append(time.perf_counter() - start)
        if not self.on_cuda:
            return seconds, statistics.mean(seconds)
        start = time.perf_counter()
        for _ in range(repeat):
            self()
        self.synchronize()
        return seconds, (time.perf_counter() - start) / repeat

    def peak_bytes(self):
        """Peak memory of this step if PyTorch counts it (CUDA), else of the process."""
        if self.on_cuda:
            return torch.cuda.max_memory_allocated() - self.memory_before
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=["train", "infer"], default="train")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--image-size", type=int, default=320)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's default")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--layout", choices=["contiguous", "channels_last"],
                        default="channels_last")
    parser.add_argument("--compile", default="", metavar="MODE",
                        help="torch.compile mode, e.g. default or max-autotune")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--json", default="")
    return parser.parse_args()


def main():
    args = parse_args()
    if args.threads > 0:
        torch.set_num_threads(args.threads)
    torch.manual_seed(42)

    step = Step(args.task, args.batch, args.image_size, args.device,
                Setting(args.precision, args.layout, args.compile))
    for _ in range(args.warmup):
        step()
    seconds, queued = step.measure(args.repeat)
    median = statistics.median(seconds)
    peak = step.peak_bytes()
    result = {"framework": f"torch {torch.__version__}", "task": args.task, "batch": args.batch,
              "height": args.image_size, "width": args.image_size, "device": args.device,
              "precision": args.precision, "layout": args.layout, "compile": args.compile,
              "threads": torch.get_num_threads(), "repeat": args.repeat, "median_seconds": median,
              "min_seconds": min(seconds), "queued_seconds": queued,
              "images_per_second": args.batch / median, "peak_bytes": peak}
    print(f"{result['framework']} {args.task} batch {args.batch} at {args.image_size}, "
          f"{args.layout} {args.precision} {args.compile or 'eager'}: median {median:.4f} s, "
          f"min {min(seconds):.4f} s, {args.batch / median:.2f} images/s, peak {peak} bytes")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
