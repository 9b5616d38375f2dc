"""How networks are trained: in steps, with early stopping, and without a trace in the process.

Libraries draw from seeds that belong to the whole process, warn, and log; a fit must not be noticed
by its neighbours.
"""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from noisescaling._compute import Device, threads
from noisescaling.models.base import Model, at_least

if TYPE_CHECKING:  # loaded when a network is fitted: it takes a second, and the rest needs none
    import torch
    from torch.optim.lr_scheduler import LRScheduler


class Network(Model):
    """A model that trains a network: `_start` makes it, `_train` trains it, `_represent` embeds.

    `n_threads` = 0 leaves torch as many processor threads as it has; small settings take one, since
    on small batches threads wait for each other more than they work. `untrained` makes the control
    of a trained network: the fit does all but train, so that the network keeps the weights that it
    starts from, with the same seed the same.
    """

    learning_rate: float = 1e-3
    device: Device = "auto"
    n_threads: int = 0
    untrained: bool = False

    ranges: ClassVar = {"n_threads": at_least(0)}

    def _fit(self, *data: Any) -> None:
        with alone(self.seed, self.n_threads):
            prepared = self._start(*data)
            #: What training tells of each epoch or step, in nats; see the model.
            self.losses: list[float] = []
            if not self.untrained:
                self.losses = self._train(prepared, np.random.default_rng(self.seed))

    def _embed(self, data: Any) -> NDArray[Any]:
        with alone(self.seed, self.n_threads):
            return np.asarray(self._represent(data))

    def _start(self, *data: Any) -> Any:
        """Make the network, untrained, and return what it is to learn from."""
        raise NotImplementedError

    def _train(self, prepared: Any, rng: np.random.Generator) -> list[float]:
        """Train the network in place and return the losses, in nats."""
        raise NotImplementedError

    def _represent(self, data: Any) -> NDArray[Any]:
        """Return the representation of checked data, one row for each observation."""
        raise NotImplementedError


@contextmanager
def alone(seed: int, n_threads: int) -> Iterator[None]:
    """Compute from a seed, on so many threads and in silence; leave the process as it was.

    The process-wide generators that libraries draw from are seeded and put back afterwards;
    warnings, and log lines below errors, are held back.

    Raises
    ------
    ImportError
        If torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "networks need torch, scvi-tools and transformers, and torch is not here; "
            "pip install 'noisescaling[models]'"
        ) from error
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    log_level = logging.root.manager.disable
    try:
        with torch.random.fork_rng(), threads(n_threads), warnings.catch_warnings():
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            random.seed(seed)
            warnings.simplefilter("ignore")
            logging.disable(logging.WARNING)
            yield
    finally:
        logging.disable(log_level)
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


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


def stepper(
    optimizer: torch.optim.Optimizer, schedule: LRScheduler, *, clipped: bool = False
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the function that makes one step down a loss, and returns the loss as a number.

    Clipped, its gradient is at most 1 long. The schedule sets the size of the next step.
    """
    import torch

    parameters = [p for group in optimizer.param_groups for p in group["params"]]

    def step(loss: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss.backward()
        if clipped:
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        return loss.detach()

    return step


def train(
    network: torch.nn.Module,
    epochs: Iterable[Iterable[torch.Tensor]],
    step: Callable[[torch.Tensor], torch.Tensor],
    exam: Callable[[], float] | None = None,
    patience: int = 0,
) -> list[float]:
    """Train a network in place, one step for each loss of each epoch.

    Parameters
    ----------
    network
        In which the weights of the epoch with the best exam are left, or of the last without exam.
    epochs
        The losses of each epoch, in nats, each computed when the step before is made.
    step
        Makes one step down a loss, which it returns.
    exam
        Gives the mean held-out loss, in nats.
    patience
        Epochs to wait for a lower held-out loss.

    Returns
    -------
    The held-out loss after each epoch; without exam, the loss before each step.

    Raises
    ------
    ValueError
        If the held-out loss was never a number.
    """
    import torch

    losses: list[float] = []
    best: dict[str, torch.Tensor] = {}
    for epoch in epochs:
        network.train()
        made = [step(loss) for loss in epoch]
        network.eval()
        if exam is None:
            losses += map(float, made)
            continue
        with torch.no_grad():
            losses.append(exam())
        if losses[-1] <= min(losses):
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if len(losses) - int(np.argmin(losses)) > patience:
            break
    if exam is None:
        return losses
    if not best:
        raise ValueError(
            f"training diverged: the held-out loss is {losses[0]} nats after the first of "
            f"{len(losses)} epochs; give a smaller learning_rate"
        )
    network.load_state_dict(best)
    return losses
