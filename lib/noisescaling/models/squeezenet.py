"""SqueezeNet 1.0 with weights learned from ImageNet, read from their compressed form."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

#: The file that the registry knows; Iandola et al., arXiv 1602.07360, compressed by Han et al.
FILE = "weights/compressed_SqueezeNet.net"

#: Channels in, squeezed and expanded of each Fire module.
_FIRES = (
    (96, 16, 64),
    (128, 16, 64),
    (128, 32, 128),
    (256, 32, 128),
    (256, 48, 192),
    (384, 48, 192),
    (384, 64, 256),
    (512, 64, 256),
)
#: Fire modules, counted from 0, after which pixels are pooled.
_POOLED = (2, 6)
#: Size of each layer's table of weights.
_CODEBOOK = 256


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
