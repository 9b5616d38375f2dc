"""Training of an image classifier: its settings, and early stopping on images set apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from noisescaling._checks import choice
from noisescaling.models._training import (
    NetworkSettings,
    check_settings,
    chunks,
    stepper,
    until_no_better,
)
from noisescaling.models.backbones import BACKBONES, Backbone
from noisescaling.models.image_base import Labels

Rows = NDArray[np.intp]

#: Learning rate of pretrained parameters over that of new ones.
_SLOW_RATE = 0.1
#: Images that are judged at a time.
_BATCH = 256


@dataclass(frozen=True)
class ImageClassifierSettings(NetworkSettings):
    """Settings of `ImageClassifier`.

    "small" is learned from nothing; of "squeezenet" and "mobilenet", which know ImageNet, only the
    last `tuned_blocks` blocks learn (0: none), at a tenth of the learning rate of the two layers on
    top. `weights` names those of "mobilenet": a folder, or a name that transformers knows; the
    published ones where empty. Images are resized to `input_side` pixels for these two. `width` is
    the number of channels of the small network's first block. `untrained` keeps what ImageNet
    taught, and the random layers on top.
    """

    backbone: Backbone = "small"
    weights: str = ""
    tuned_blocks: int = 1
    input_side: int = 64
    width: int = 32
    n_features: int = 32
    weight_decay: float = 1e-2
    batch_size: int = 64
    validation_fraction: float = 0.15
    max_epochs: int = 30
    patience: int = 6
    learning_rate: float = field(default=3e-3, kw_only=True)

    def __post_init__(self) -> None:
        choice("backbone", self.backbone, BACKBONES)
        # A batch's own mean and spread need two images.
        check_settings(
            self, width=1, n_features=1, max_epochs=1, patience=1, tuned_blocks=0, input_side=32,
            batch_size=2,
        )  # fmt: skip


def train(
    network: nn.Module,
    images: torch.Tensor,
    codes: Labels,
    settings: ImageClassifierSettings,
    rng: np.random.Generator,
    *,
    slow: Sequence[nn.Parameter] = (),
) -> list[float]:
    """Train a network in place to tell classes; leave the weights of the best epoch in it.

    Parameters
    ----------
    network
        Gives each class a score, (n, n_classes).
    images
        What the network takes, n_images first.
    codes
        Number of each image's class, (n_images,).
    settings
        How to train.
    rng
        Decides the images set apart and the order of the others.
    slow
        Parameters that are pretrained: they learn at a tenth of the rate.

    Returns
    -------
    The mean cross-entropy of the images set apart, in nats, after each epoch.
    """
    learned, apart = _parts(codes, settings.validation_fraction, rng)
    targets = torch.from_numpy(codes)
    device = next(network.parameters()).device
    n_steps = settings.max_epochs * len(_batches(learned, settings.batch_size, rng))
    step = _steps(network, settings, n_steps, slow)

    def loss(rows: Rows, reduction: str = "mean") -> torch.Tensor:
        scores = network(images[rows].to(device))
        return nn.functional.cross_entropy(scores, targets[rows].to(device), reduction=reduction)

    def epoch() -> None:
        for rows in _batches(learned, settings.batch_size, rng):
            step(loss(rows))

    def apart_loss() -> float:
        return sum(float(loss(rows, "sum")) for rows in chunks(apart, _BATCH)) / len(apart)

    return until_no_better(network, settings.max_epochs, settings.patience, epoch, apart_loss)


def _parts(codes: Labels, fraction: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Set a share of each class apart, at least one image; return the others first."""
    apart = np.zeros(len(codes), dtype=bool)
    for code in range(int(codes.max()) + 1):
        rows = rng.permutation(np.flatnonzero(codes == code))
        apart[rows[: min(max(1, round(fraction * len(rows))), len(rows) - 1)]] = True
    return np.flatnonzero(~apart), np.flatnonzero(apart)


def _batches(rows: Rows, size: int, rng: np.random.Generator) -> list[Rows]:
    """Return the rows in random order, in batches of at most about `size`, none of a single one."""
    return np.array_split(rng.permutation(rows), max(1, round(len(rows) / size)))


def _steps(
    network: nn.Module,
    settings: ImageClassifierSettings,
    n_steps: int,
    slow: Sequence[nn.Parameter],
) -> Callable[[torch.Tensor], None]:
    """Return the function that makes one step of AdamW, its size falling along a cosine."""
    pretrained = {id(parameter) for parameter in slow}
    fast = [p for p in network.parameters() if id(p) not in pretrained]
    groups = [{"params": fast, "lr": settings.learning_rate}]
    if slow:
        groups.append({"params": list(slow), "lr": _SLOW_RATE * settings.learning_rate})
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
    return stepper(optimizer, CosineAnnealingLR(optimizer, n_steps))
