"""Masked language modelling of ranked genes, with early stopping on held-out cells."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from noisescaling.models._descent import (
    EpochSettings,
    MaskedSettings,
    clipped_steps,
    until_no_better,
)
from noisescaling.models.tokens import FIRST_GENE, MASK, PAD, buckets, by_length, padded

#: A batch: tokens as the model sees them, where to guess, and what is right; (n_cells, length).
Batch = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]


class Training(EpochSettings, MaskedSettings, Protocol):
    """The settings of a training run."""


def hide(
    tokens: NDArray[np.int64], fraction: float, n_tokens: int, rng: np.random.Generator
) -> Batch:
    """Hide a random share of genes, at least one a cell.

    Of the hidden, 80 % show `MASK`, 10 % a random gene and 10 % themselves (Devlin et al. 2019).

    Parameters
    ----------
    tokens
        Tokens of shape (n_cells, length), filled up with `PAD`; each cell has one gene or more.
    fraction
        Probability that a gene is hidden.
    n_tokens
        Size of the vocabulary.
    rng
        Source of randomness.
    """
    draw = np.where(tokens == PAD, np.inf, rng.random(tokens.shape))
    hidden = (draw < fraction) | (draw == draw.min(axis=1, keepdims=True))
    how = rng.random(tokens.shape)
    shown = np.where(hidden & (how < 0.8), MASK, tokens)
    other = rng.integers(FIRST_GENE, n_tokens, tokens.shape)
    return np.where(hidden & (how >= 0.9), other, shown), hidden, tokens


def train(
    model: Any,
    sentences: Sequence[NDArray[np.int64]],
    settings: Training,
    rng: np.random.Generator,
) -> list[float]:
    """Train a BERT in place to guess hidden genes; leave the weights of the best epoch in it.

    The held-out cells are hidden in the same way each time, so that epochs compare.

    Returns
    -------
    The mean held-out cross-entropy of hidden genes, in nats, after each epoch.
    """
    training, held_out = _parts(sentences, settings.validation_fraction, rng)
    lengths = np.array([len(cell) for cell in training])
    exam = _exam(held_out, settings, model.config.vocab_size, rng)
    n_steps = settings.max_epochs * -(-len(training) // settings.batch_size)
    step = clipped_steps(model, settings, _rate(settings, n_steps))

    def epoch() -> None:
        for batch in buckets(lengths, settings.batch_size, rng):
            tokens = padded([training[i] for i in batch])
            total, n_hidden = _loss(
                model, hide(tokens, settings.masked_fraction, model.config.vocab_size, rng)
            )
            step(total / n_hidden)

    return until_no_better(model, settings, epoch, lambda: _held_out_loss(model, exam))


def _parts(
    sentences: Sequence[NDArray[np.int64]], fraction: float, rng: np.random.Generator
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    order = rng.permutation(len(sentences))
    n_held_out = min(max(1, round(fraction * len(sentences))), len(sentences) - 1)
    cells = [sentences[i] for i in order]
    return cells[n_held_out:], cells[:n_held_out]


def _exam(
    held_out: Sequence[NDArray[np.int64]],
    settings: Training,
    n_tokens: int,
    rng: np.random.Generator,
) -> list[Batch]:
    lengths = np.array([len(cell) for cell in held_out])
    return [
        hide(padded([held_out[i] for i in batch]), settings.masked_fraction, n_tokens, rng)
        for batch in by_length(lengths, settings.batch_size)
    ]


def _rate(settings: Training, n_steps: int) -> Callable[[int], float]:
    """Return the share of the largest step size at each step: warmed up, then linearly less."""
    warmup = max(1, settings.warmup_steps)

    def rate(step: int) -> float:
        return min((step + 1) / warmup, max(n_steps - step, 1) / max(n_steps - warmup, 1), 1.0)

    return rate


def _held_out_loss(model: Any, exam: Sequence[Batch]) -> float:
    import torch

    model.eval()
    with torch.no_grad():
        parts = [_loss(model, batch) for batch in exam]
    return float(sum(float(total) for total, _ in parts) / sum(n for _, n in parts))


def _loss(model: Any, batch: Batch) -> tuple[Any, int]:
    """Return the summed cross-entropy of the hidden genes, in nats, and their number."""
    import torch

    shown, hidden, right = (torch.as_tensor(part, device=model.device) for part in batch)
    states = model.bert(shown, attention_mask=right != PAD).last_hidden_state
    # The vocabulary's scores are the dear part: only hidden genes need them.
    scores = model.cls(states[hidden])
    total = torch.nn.functional.cross_entropy(scores, right[hidden], reduction="sum")
    return total, int(hidden.sum())
