"""Convolutional networks as lists of blocks: a small one, and two that know ImageNet."""

from typing import Literal, get_args

import torch
from torch import nn

from noisescaling.datasets.registry import fetch
from noisescaling.models import squeezenet
from noisescaling.models._training import pretrained

Backbone = Literal["small", "squeezenet", "mobilenet"]
BACKBONES: tuple[str, ...] = get_args(Backbone)

#: Published weights of MobileNetV2 (Sandler et al. 2018), as transformers knows them.
MOBILENET = "google/mobilenet_v2_1.0_224"

#: Largest side, in pixels, that the small network flattens.
_FLAT_SIDE = 7


def small_blocks(side: int, channels: int, width: int) -> list[nn.Module]:
    """Return an untrained network for images of a longer side, in pixels.

    Each block filters 3 x 3 pixels and halves the side, until at most 7 are left; the last one
    only filters. Channels double from `width` up to four times that.
    """
    blocks: list[nn.Module] = []
    out = width
    while side > _FLAT_SIDE:
        blocks.append(nn.Sequential(_filter(channels, out), nn.MaxPool2d(2, ceil_mode=True)))
        channels, out, side = out, min(2 * out, 4 * width), -(-side // 2)
    return [*blocks, nn.Sequential(_filter(channels, out), nn.Flatten())]


def _filter(channels: int, out: int) -> nn.Module:
    convolution = nn.Conv2d(channels, out, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


def pretrained_blocks(backbone: Backbone, weights: str, side: int) -> list[nn.Module]:
    """Return a network that knows ImageNet, for standardized images of any size.

    Parameters
    ----------
    backbone
        "squeezenet", whose weights are a public file, or "mobilenet", by transformers.
    weights
        A name that transformers knows, or a local folder, for "mobilenet".
    side
        Height and width that images are resized to, in pixels.

    Raises
    ------
    ValueError
        If weights are named for a network that takes none.
    ConnectionError
        If the weights are not on this machine and cannot be downloaded.
    """
    if backbone == "squeezenet":
        if weights:
            raise ValueError(
                f"weights = {weights!r} are given, and squeezenet has its own; leave weights empty"
            )
        body = squeezenet.squeezenet_blocks(fetch(squeezenet.FILE))
        prepare = ToImageNet(side, spread=57.0, reverse=True)
    else:
        body = _mobilenet_blocks(weights or MOBILENET)
        prepare = ToImageNet(side, spread=0.45)
    pooled = nn.Sequential(body[-1], nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return [nn.Sequential(prepare, body[0]), *body[1:-1], pooled]


def _mobilenet_blocks(weights: str) -> list[nn.Module]:
    from transformers import AutoModel

    try:
        network = pretrained(AutoModel, weights)
    except OSError as error:
        raise ConnectionError(
            f"the weights {weights!r} are neither a folder here nor can they be downloaded "
            f"({type(error).__name__}); give weights, the folder of a saved MobileNetV2, or "
            "backbone='squeezenet'"
        ) from None
    if network.config.model_type != "mobilenet_v2":
        raise ValueError(
            f"weights = {weights!r} are of a {network.config.model_type}; give a mobilenet_v2"
        )
    return [network.conv_stem, *network.layer, network.conv_1x1]


class ToImageNet(nn.Module):
    """Standardized images in the size, number of channels and spread of ImageNet's.

    Parameters
    ----------
    side
        Height and width, in pixels.
    spread
        Standard deviation of ImageNet's pixels, in the network's units.
    reverse
        Whether the network takes blue, green, red.
    """

    def __init__(self, side: int, spread: float, reverse: bool = False) -> None:
        super().__init__()
        self.side, self.spread, self.reverse = side, spread, reverse

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return images (n, 3, side, side) for images (n, 1 or 3, height, width)."""
        x = nn.functional.interpolate(
            x, (self.side, self.side), mode="bilinear", antialias=max(x.shape[2:]) > self.side
        )
        x = x.expand(-1, 3, -1, -1) * self.spread
        return x.flip(1) if self.reverse else x
