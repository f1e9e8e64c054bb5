#pragma once

#include <string_view>

namespace fpanet {

/// fpanet.py of a Hub folder: FPA-Net in PyTorch, under the names of our weight files.
inline constexpr std::string_view kHubPython =
    R"py("""FPA-Net in PyTorch. FPANet.from_pretrained(FOLDER) loads the folder that holds this file, or a
repository of the Hugging Face Hub.

Needs torch, huggingface_hub, safetensors and segmentation-models-pytorch (whose encoders it uses).
"""

import math

import segmentation_models_pytorch as smp
import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import nn


def cosines(size, count, like):
    """(count,size): the first rows of the orthonormal DCT."""
    k = torch.arange(count, dtype=torch.float64)[:, None]
    n = torch.arange(size, dtype=torch.float64)[None, :]
    rows = math.sqrt(2 / size) * torch.cos(math.pi * k * (2 * n + 1) / (2 * size))
    rows[0] = math.sqrt(1 / size)
    return rows.to(dtype=like.dtype, device=like.device)


def high_pass(x, radius):
    """Takes the DCT frequencies i + j <= radius out of images (N,C,H,W)."""
    rows = cosines(x.shape[2], radius + 1, x)
    columns = cosines(x.shape[3], radius + 1, x)
    index = torch.arange(radius + 1, device=x.device)
    low = (index[:, None] + index[None, :] <= radius).to(x.dtype)
    return x - rows.T @ (low * (rows @ x @ columns.T)) @ columns


class FrequencyFeature(nn.Module):
    """Part of every checkpoint's names; its convolution is never called."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 3, padding=1)


class PositionAttention(nn.Module):
    def __init__(self, channels, attention_channels, softmax):
        super().__init__()
        self.softmax = softmax
        self.top_conv = nn.Conv2d(channels, attention_channels, 1)
        self.center_conv = nn.Conv2d(channels, attention_channels, 1)
        self.bottom_conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.out_conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        top = self.top_conv(x).flatten(2)
        center = self.center_conv(x).flatten(2).transpose(1, 2)
        bottom = self.bottom_conv(x).flatten(2).transpose(1, 2)
        scores = center @ top
        if self.softmax == "row":
            attention = torch.softmax(scores, dim=2)
        else:  # one softmax over all pairs of positions
            attention = torch.softmax(scores.flatten(1), dim=1).view_as(scores)
        # Read again as (C,h,w) without transposing, as the published code does.
        return self.out_conv(x + (attention @ bottom).reshape(x.shape))


def conv_relu(in_channels, out_channels, norm):
    batch_norm = norm == "batch"
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=not batch_norm),
        nn.BatchNorm2d(out_channels) if batch_norm else nn.Identity(),
        nn.ReLU())


class DecoderBlock(nn.Module):
    def __init__(self, in_channels, skip_channels, out_channels, norm):
        super().__init__()
        self.conv1 = conv_relu(in_channels + skip_channels, out_channels, norm)
        self.conv2 = conv_relu(out_channels, out_channels, norm)

    def forward(self, x, skip):
        x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], dim=1)))


class Decoder(nn.Module):
    def __init__(self, encoder_channels, channels, norm, attention_channels, softmax):
        super().__init__()
        deepest, *skips = encoder_channels[:0:-1]  # all but the image, deepest first
        if attention_channels:
            self.center = PositionAttention(deepest, attention_channels, softmax)
        else:
            self.center = nn.Identity()
        self.blocks = nn.ModuleList(
            DecoderBlock(*sizes, norm)
            for sizes in zip((deepest, *channels), (*skips, 0), channels))

    def forward(self, features):
        deepest, *skips = features[:0:-1]
        x = self.center(deepest)
        for block, skip in zip(self.blocks, (*skips, None)):
            x = block(x, skip)
        return x


class Segmenter(nn.Module):
    def __init__(self, encoder, decoder, head):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.segmentation_head = head

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.encoder(x)))


class FPANet(nn.Module, PyTorchModelHubMixin):
    """Images (N,bands,H,W) in [0,1] -> probabilities (N,classes,H,W). Both sides of an image are
    multiples of 2 to the power of the encoder's depth."""

    def __init__(self, encoder_name="resnet34", encoder_depth=5,
                 decoder_channels=(256, 128, 64, 32, 16), in_channels=3, classes=7,
                 attention_channels=64, attention_softmax="map", input="highpass", high_pass=10,
                 decoder_norm="batch"):
        super().__init__()
        self.input = input
        self.radius = high_pass
        bands = 2 * in_channels if input == "both" else in_channels
        encoder = smp.encoders.get_encoder(encoder_name, in_channels=bands, depth=encoder_depth,
                                           weights=None)
        decoder = Decoder(encoder.out_channels, tuple(decoder_channels), decoder_norm,
                          attention_channels, attention_softmax)
        head = nn.Sequential(nn.Conv2d(decoder_channels[-1], classes, 3, padding=1))
        self.model = Segmenter(encoder, decoder, head)
        self.FreqFeature = FrequencyFeature()

    def prepare(self, images):
        if self.input == "image":
            return images
        filtered = high_pass(images, self.radius)
        return filtered if self.input == "highpass" else torch.cat([images, filtered], dim=1)

    def forward(self, images):
        return torch.softmax(self.model(self.prepare(images)), dim=1)
)py";

}  // namespace fpanet
