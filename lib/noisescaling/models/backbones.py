"""Convolutional networks as lists of blocks: a small one, and two that know ImageNet."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from noisescaling.datasets.registry import fetch
from noisescaling.models.training import pretrained

#: Weights of SqueezeNet 1.0, as the registry knows them; Iandola et al., arXiv 1602.07360,
#: compressed by Han et al.
SQUEEZENET = "weights/compressed_SqueezeNet.net"

#: Published weights of MobileNetV2 (Sandler et al. 2018), as transformers knows them.
MOBILENET = "google/mobilenet_v2_1.0_224"

_EXPANDED = (64, 64, 128, 128, 192, 192, 256, 256)
#: Channels in, squeezed and expanded of each Fire module, which gives twice the expanded.
_FIRES = tuple(
    (channels, expanded // 4, expanded)
    for channels, expanded in zip((96, *(2 * n for n in _EXPANDED[:-1])), _EXPANDED, strict=True)
)
#: Fire modules, counted from 0, after which pixels are pooled.
_POOLED = (2, 6)
#: Size of each layer's table of weights.
_CODEBOOK = 256

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


def pretrained_blocks(backbone: str, weights: str, side: int) -> list[nn.Module]:
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
        body = squeezenet_blocks(fetch(SQUEEZENET))
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


class Fire(nn.Module):
    """A Fire module: few channels squeezed out of many, expanded by 1 x 1 and 3 x 3 filters."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return twice the expanded channels for images of the channels in."""
        x = torch.relu(self.squeeze(x))
        return torch.cat([torch.relu(self.expand1x1(x)), torch.relu(self.expand3x3(x))], 1)


def squeezenet_blocks(path: Path) -> list[nn.Module]:
    """Return the network's layers with pretrained weights, without its last classifier.

    They take blue, green and red less ImageNet's mean, on a scale to 255, and give 512 channels.

    Raises
    ------
    ValueError
        If the file is cut short or holds more than the network has.
    """
    network = nn.ModuleDict({"first": nn.Conv2d(3, 96, 7, stride=2)})
    network.update({f"fire{n}": Fire(*channels) for n, channels in enumerate(_FIRES)})
    weights = decode(path)
    network.load_state_dict({k: w for k, w in weights.items() if not k.startswith("last")})
    first, *fires = network.values()
    blocks: list[nn.Module] = [nn.Sequential(first, nn.ReLU(), _pool())]
    for number, fire in enumerate(fires):
        blocks.append(nn.Sequential(fire, _pool()) if number in _POOLED else fire)
    return blocks


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def decode(path: Path) -> dict[str, torch.Tensor]:
    """Return weights and biases by name from the compressed file; no code in it is run.

    The file holds the number of stored weights of each layer, then for each layer a table of 256
    values, the biases, the place of each stored weight's value in the table, and the gaps between
    stored weights, four bits each; all other weights have the table's first value.

    Raises
    ------
    ValueError
        If the file is cut short or holds more than the network has.
    """
    layers = list(_layers())
    weights = {}
    with path.open("rb") as file:
        stored = _numbers(file, "<u4", len(layers))
        for n, (name, shape) in zip(stored.tolist(), layers, strict=True):
            table, bias = _numbers(file, "<f4", _CODEBOOK), _numbers(file, "<f4", shape[0])
            values, gaps = _numbers(file, "u1", n), _numbers(file, "u1", (n + 1) // 2)
            places = np.cumsum(_halves(gaps)[:n].astype(np.int64) + 1) - 1
            codes = np.zeros(int(np.prod(shape)), dtype=np.uint8)
            if n and places[-1] >= len(codes):
                raise ValueError(f"{path.name} names weight {places[-1]} of {len(codes)} in {name}")
            codes[places] = values
            weights[f"{name}.weight"] = torch.from_numpy(table[codes].reshape(shape))
            weights[f"{name}.bias"] = torch.from_numpy(bias)
        rest = len(file.read())
    if rest:
        raise ValueError(f"{path.name} holds {rest} bytes more than SqueezeNet has")
    return weights


def _numbers(file: BinaryIO, kind: str, number: int) -> NDArray[Any]:
    """Read the next numbers of a type; refuse a file that ends before."""
    end, size = file.tell() + number * np.dtype(kind).itemsize, os.fstat(file.fileno()).st_size
    if end > size:
        name = Path(file.name).name
        raise ValueError(f"{name} ends at byte {size}, and {end} are needed; download it again")
    return np.fromfile(file, kind, number)


def _layers() -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Yield names and shapes of the filters, in the order of the file."""
    yield "first", (96, 3, 7, 7)
    for number, (channels, squeezed, expanded) in enumerate(_FIRES):
        yield f"fire{number}.squeeze", (squeezed, channels, 1, 1)
        yield f"fire{number}.expand1x1", (expanded, squeezed, 1, 1)
        yield f"fire{number}.expand3x3", (expanded, squeezed, 3, 3)
    yield "last", (1000, 512, 1, 1)


def _halves(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return two numbers below 16 from each byte, the lower half first."""
    return np.stack([packed % 16, packed // 16], axis=1).ravel()
