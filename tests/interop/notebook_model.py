"""The notebook's model as its checkpoints name it, written anew on PyTorch, PyTorch Lightning and
segmentation-models-pytorch, whose current versions the notebook's own code no longer fits."""

import pytorch_lightning as pl
import segmentation_models_pytorch as smp
import torch
import torch_dct
from torch import nn


class FrequencyFeature(nn.Module):
    """Takes the 66 lowest DCT frequencies out of an image."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 3, padding="same")  # in every checkpoint, and never called

    def forward(self, x):
        i = torch.arange(x.shape[2])[:, None]
        j = torch.arange(x.shape[3])[None, :]
        return torch_dct.idct_2d(torch_dct.dct_2d(x) * (i + j > 10))


class PositionAttention(nn.Module):
    def __init__(self, channels, pab_channels=64):
        super().__init__()
        self.top_conv = nn.Conv2d(channels, pab_channels, 1)
        self.center_conv = nn.Conv2d(channels, pab_channels, 1)
        self.bottom_conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.out_conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        n, _, h, w = x.shape
        top = self.top_conv(x).flatten(2)
        center = self.center_conv(x).flatten(2).transpose(1, 2)
        bottom = self.bottom_conv(x).flatten(2).transpose(1, 2)
        attention = torch.softmax((center @ top).view(n, -1), dim=1).view(n, h * w, h * w)
        # Re-read as (C,h,w) without transposing, as the notebook does.
        return self.out_conv(x + (attention @ bottom).reshape(x.shape))


def conv_bn_relu(in_channels, out_channels):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
                         nn.BatchNorm2d(out_channels), nn.ReLU())


class DecoderBlock(nn.Module):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__()
        self.conv1 = conv_bn_relu(in_channels + skip_channels, out_channels)
        self.conv2 = conv_bn_relu(out_channels, out_channels)

    def forward(self, x, skip):
        x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], dim=1)))


class Decoder(nn.Module):
    def __init__(self, encoder_channels, channels=(256, 128, 64, 32, 16)):
        super().__init__()
        deepest, *skips = encoder_channels[:0:-1]  # all but the image, deepest first
        self.center = PositionAttention(deepest)
        self.blocks = nn.ModuleList(
            DecoderBlock(*sizes) for sizes in zip((deepest, *channels), (*skips, 0), channels))

    def forward(self, features):
        deepest, *skips = features[:0:-1]
        x = self.center(deepest)
        for block, skip in zip(self.blocks, (*skips, None)):
            x = block(x, skip)
        return x


class FPANet(nn.Module):
    def __init__(self, classes=7):
        super().__init__()
        self.encoder = smp.encoders.get_encoder("resnet34", in_channels=3, depth=5, weights=None)
        self.decoder = Decoder(self.encoder.out_channels)
        self.segmentation_head = nn.Sequential(nn.Conv2d(16, classes, 3, padding=1),
                                               nn.Identity(), nn.Softmax(dim=1))

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.encoder(x)))


class NotebookModel(pl.LightningModule):
    """Its state dict has the notebook's 288 entries, its optimizer the notebook's 150 parameters."""

    def __init__(self, lr=1e-4):
        super().__init__()
        self.model = FPANet()
        self.FreqFeature = FrequencyFeature()
        self.criterion = smp.losses.DiceLoss(mode="multiclass", from_logits=False)
        self.lr = lr
        self.losses = []  # of each training step
        self.val_losses = []  # of each epoch's validation

    def forward(self, images):
        return self.model(self.FreqFeature(images))

    def training_step(self, batch, _):
        loss = self.criterion(self(batch[0]), batch[1])
        self.losses.append(loss.item())
        return loss

    def validation_step(self, batch, _):
        loss = self.criterion(self(batch[0]), batch[1])
        self.log("val/Loss", loss, on_step=False, on_epoch=True)

    def on_validation_epoch_end(self):
        if not self.trainer.sanity_checking:
            self.val_losses.append(self.trainer.callback_metrics["val/Loss"].item())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.lr)
