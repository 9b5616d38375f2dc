"""Training of an image classifier, with early stopping on images set apart."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from noisescaling.models._descent import EpochSettings, until_no_better
from noisescaling.models.image_base import Labels

#: Learning rate of pretrained parameters over that of new ones.
_SLOW_RATE = 0.1


def train(
    network: nn.Module,
    images: torch.Tensor,
    codes: Labels,
    settings: EpochSettings,
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
    n_steps = settings.max_epochs * sum(1 for _ in _batches(learned, settings.batch_size, rng))
    step = _stepper(network, settings, n_steps, slow)

    def epoch() -> None:
        for batch in _batches(learned, settings.batch_size, rng):
            step(images[batch], targets[batch])

    def loss() -> float:
        return _loss_of(network, images[apart], targets[apart])

    return until_no_better(network, settings, epoch, loss)


def _parts(
    codes: Labels, fraction: float, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Set a share of each class apart, at least one image; return the others first."""
    apart = np.zeros(len(codes), dtype=bool)
    for code in range(int(codes.max()) + 1):
        rows = rng.permutation(np.flatnonzero(codes == code))
        apart[rows[: min(max(1, round(fraction * len(rows))), len(rows) - 1)]] = True
    return np.flatnonzero(~apart), np.flatnonzero(apart)


def _batches(
    rows: NDArray[np.intp], size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.intp]]:
    """Yield the rows in random order, in batches of at most about `size`, none of a single one."""
    yield from np.array_split(rng.permutation(rows), max(1, round(len(rows) / size)))


def _stepper(
    network: nn.Module, settings: EpochSettings, n_steps: int, slow: Sequence[nn.Parameter]
) -> Any:
    """Return the function that makes one step of AdamW, its size falling along a cosine."""
    pretrained = {id(parameter) for parameter in slow}
    fast = [p for p in network.parameters() if id(p) not in pretrained]
    groups = [{"params": fast, "lr": settings.learning_rate}]
    if slow:
        groups.append({"params": list(slow), "lr": _SLOW_RATE * settings.learning_rate})
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    device = fast[0].device

    def step(images: torch.Tensor, targets: torch.Tensor) -> None:
        optimizer.zero_grad()
        scores = network(images.to(device))
        nn.functional.cross_entropy(scores, targets.to(device)).backward()
        optimizer.step()
        schedule.step()

    return step


def _loss_of(network: nn.Module, images: torch.Tensor, targets: torch.Tensor) -> float:
    network.eval()
    device = next(network.parameters()).device
    with torch.no_grad():
        total = sum(
            float(nn.functional.cross_entropy(network(x.to(device)), y.to(device), reduction="sum"))
            for x, y in zip(images.split(256), targets.split(256), strict=True)
        )
    return total / len(targets)
