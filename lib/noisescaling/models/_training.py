"""How networks are trained: checked settings, steps, early stopping, and no trace in the process.

Libraries draw from seeds that belong to the whole process, warn, and log; a fit must not be noticed
by its neighbours.
"""

import logging
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from noisescaling._checks import between_0_and_1, choice, positive, whole
from noisescaling._compute import DEVICES, threads

_TALKERS = ("lightning", "pytorch_lightning", "scvi", "transformers")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Settings that all networks have.

    `n_threads` = 0 leaves torch as many processor threads as it has; small settings take one, since
    on small batches threads wait for each other more than they work. `untrained` makes the control
    of a trained network: the fit does all but train, so that the network keeps the weights that it
    starts from, with the same seed the same.
    """

    learning_rate: float = 1e-3
    device: Literal["auto", "cpu", "cuda"] = "auto"
    n_threads: int = 0
    untrained: bool = False


def check_settings(settings: NetworkSettings, **at_least: int) -> None:
    """Refuse a network's settings out of range: those named below a least, and those all share."""
    for name, least in at_least.items():
        whole(name, getattr(settings, name), at_least=least)
    whole("n_threads", settings.n_threads, at_least=0)
    positive("learning_rate", settings.learning_rate)
    choice("device", settings.device, DEVICES)
    if not isinstance(settings.untrained, bool):
        raise ValueError(f"untrained = {settings.untrained!r} must be True or False")
    for name in ("masked_fraction", "validation_fraction"):
        between_0_and_1(**{name: getattr(settings, name, 0.5)})


@contextmanager
def alone(seed: int, n_threads: int) -> Iterator[None]:
    """Compute from a seed, on so many threads and in silence; leave the process as it was."""
    with seeded(seed), threads(n_threads), quiet():
        yield


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the process-wide generators that libraries draw from; put them back afterwards."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            random.seed(seed)
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back warnings and log lines of the training libraries that are imported by now."""
    known = list(logging.root.manager.loggerDict)
    loggers = [logging.getLogger(name) for name in known if name.split(".")[0] in _TALKERS]
    levels = [logger.level for logger in loggers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def pretrained(kind: Any, weights: str, **options: Any) -> Any:
    """Return a network of a class of transformers with stored weights, read as safetensors."""
    from transformers.utils import logging as talk

    shown = talk.is_progress_bar_enabled()
    talk.disable_progress_bar()
    try:
        return kind.from_pretrained(weights, use_safetensors=True, **options)
    finally:
        if shown:
            talk.enable_progress_bar()


def held_out(
    n: int, fraction: float, least: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return numbers below n to learn from and a share to hold out, at least `least` of each."""
    order = rng.permutation(n)
    cut = min(max(least, round(fraction * n)), n - least)
    return order[cut:], order[:cut]


def chunks(values: NDArray[Any], size: int) -> list[NDArray[Any]]:
    """Return consecutive parts of a size; the last is what is left."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def until_no_better(
    network: torch.nn.Module,
    max_epochs: int,
    patience: int,
    epoch: Callable[[], None],
    loss: Callable[[], float],
) -> list[float]:
    """Train by epochs, with early stopping; leave the weights of the best one in the network.

    Parameters
    ----------
    network
        Trained in place.
    max_epochs, patience
        Epochs at the most, and epochs to wait for a lower loss.
    epoch
        Takes the steps of one epoch.
    loss
        Gives the mean held-out loss, in nats.

    Returns
    -------
    The loss after each epoch.
    """
    losses: list[float] = []
    best: dict[str, torch.Tensor] = {}
    for _ in range(max_epochs):
        network.train()
        epoch()
        network.eval()
        with torch.no_grad():
            losses.append(loss())
        if losses[-1] <= min(losses):
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if len(losses) - int(np.argmin(losses)) > patience:
            break
    network.load_state_dict(best)
    return losses


def stepper(
    optimizer: torch.optim.Optimizer, schedule: LRScheduler, *, clipped: bool = False
) -> Callable[[torch.Tensor], None]:
    """Return the function that makes one step down a loss; clipped, its gradient is at most 1 long.

    The schedule sets the size of the next step.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]

    def step(loss: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        if clipped:
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()

    return step


def adamw(
    network: torch.nn.Module,
    learning_rate: float,
    weight_decay: float,
    rate: Callable[[int], float],
) -> Callable[[torch.Tensor], None]:
    """Return the function that makes one clipped step of AdamW.

    `rate` gives the share of the learning rate that a step takes, from the number of steps made.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    return stepper(optimizer, LambdaLR(optimizer, rate), clipped=True)
