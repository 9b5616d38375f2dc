"""Masked language modelling of proteins for a set number of steps."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from noisescaling.models._descent import MaskedSettings, clipped_steps
from noisescaling.models.protein_tokens import PAD, Batch, hide, padded


class Training(MaskedSettings, Protocol):
    """The settings of a training run."""

    @property
    def n_steps(self) -> int:
        """Steps in all."""


def train(
    model: Any,
    cut: Sequence[NDArray[np.int64]],
    settings: Training,
    rng: np.random.Generator,
) -> list[float]:
    """Train an ESM model in place to guess hidden residues; linear decay of the step size.

    Returns
    -------
    The mean cross-entropy of the hidden residues, in nats, at each step.
    """
    warmup = max(1, settings.warmup_steps)

    def rate(made: int) -> float:
        return min((made + 1) / warmup, 1 - made / settings.n_steps)

    step = clipped_steps(model, settings, rate)
    losses: list[float] = []
    model.train()
    for rows in _batches(len(cut), settings, rng):
        batch = hide(padded([cut[row] for row in rows]), settings.masked_fraction, rng)
        loss = _loss(model, batch)
        step(loss)
        losses.append(float(loss.detach()))
    model.eval()
    return losses


def _batches(n_windows: int, settings: Training, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the windows of each step, (n_steps, batch_size): each before any comes again."""
    size = min(settings.batch_size, n_windows)
    rounds = -(-settings.n_steps * size // n_windows)
    order = np.concatenate([rng.permutation(n_windows) for _ in range(rounds)])
    return order[: settings.n_steps * size].reshape(settings.n_steps, size)


def _loss(model: Any, batch: Batch) -> Any:
    """Return the mean cross-entropy of the hidden residues, in nats."""
    import torch

    shown, hidden, right = (torch.as_tensor(part, device=model.device) for part in batch)
    states = model.esm(shown, attention_mask=(right != PAD).long()).last_hidden_state
    # Only hidden residues need scores.
    return torch.nn.functional.cross_entropy(model.lm_head(states[hidden]), right[hidden])
