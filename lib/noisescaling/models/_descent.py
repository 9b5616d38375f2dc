"""How networks are trained: steps of AdamW, and epochs until held-out data are told no better."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np


class StepSettings(Protocol):
    """The settings of single steps."""

    @property
    def learning_rate(self) -> float:
        """Largest step size of AdamW."""

    @property
    def weight_decay(self) -> float:
        """Weight decay of AdamW."""

    @property
    def batch_size(self) -> int:
        """Observations a step."""


class EpochSettings(StepSettings, Protocol):
    """The settings of a training with early stopping."""

    @property
    def validation_fraction(self) -> float:
        """Share of the observations that is held out."""

    @property
    def max_epochs(self) -> int:
        """Epochs at the most."""

    @property
    def patience(self) -> int:
        """Epochs to wait for a lower held-out loss."""


class MaskedSettings(StepSettings, Protocol):
    """The settings of masked language modelling."""

    @property
    def masked_fraction(self) -> float:
        """Share of tokens to hide."""

    @property
    def warmup_steps(self) -> int:
        """Steps over which the step size grows to its largest."""


def until_no_better(
    network: Any, settings: EpochSettings, epoch: Callable[[], None], loss: Callable[[], float]
) -> list[float]:
    """Train by epochs, with early stopping; leave the weights of the best one in the network.

    Parameters
    ----------
    network
        Trained in place.
    settings
        How many epochs at most, and how many to wait for a better one.
    epoch
        Takes the steps of one epoch.
    loss
        Gives the mean held-out loss, in nats.

    Returns
    -------
    The loss after each epoch.
    """
    losses: list[float] = []
    best: dict[str, Any] = {}
    for _ in range(settings.max_epochs):
        network.train()
        epoch()
        losses.append(loss())
        if losses[-1] <= min(losses):
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if len(losses) - int(np.argmin(losses)) > settings.patience:
            break
    network.load_state_dict(best)
    network.eval()
    return losses


def clipped_steps(
    network: Any, settings: StepSettings, rate: Callable[[int], float]
) -> Callable[[Any], None]:
    """Return the function that makes one step of AdamW down a loss, its gradient at most 1 long.

    Parameters
    ----------
    network
        Whose parameters move.
    settings
        Largest step size and weight decay.
    rate
        Share of the largest step size, from the number of steps made.
    """
    import torch

    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)

    def step(loss: Any) -> None:
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()

    return step
