"""Masked language modelling: sentences of tokens, some of them hidden, and the loss of a guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from noisescaling.models._training import chunks

Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """What a model is shown, where it must guess, and what is right; each (n, length)."""

    shown: Tokens
    hidden: NDArray[np.bool_]
    right: Tokens


def hide(
    tokens: Tokens,
    guessable: NDArray[np.bool_],
    words: Tokens,
    mask: int,
    fraction: float,
    rng: np.random.Generator,
) -> Batch:
    """Hide a random share of tokens, at least one a row.

    Of the hidden, 80 % show the mask, 10 % a random word and 10 % themselves (Devlin et al. 2019).

    Parameters
    ----------
    tokens
        Tokens of shape (n, length).
    guessable
        Where a token may be hidden, (n, length); at least once a row.
    words
        Tokens that may stand for a hidden one.
    mask
        The token that stands for no word.
    fraction
        Probability that a token is hidden.
    rng
        Source of randomness.
    """
    draw = np.where(guessable, rng.random(tokens.shape), np.inf)
    hidden = (draw < fraction) | (draw == draw.min(axis=1, keepdims=True))
    how = rng.random(tokens.shape)
    shown = np.where(hidden & (how < 0.8), mask, tokens)
    other = rng.choice(words, tokens.shape)
    return Batch(np.where(hidden & (how >= 0.9), other, shown), hidden, tokens)


def padded(sentences: Sequence[Tokens], pad: int) -> Tokens:
    """Return sentences as the rows of one array, filled with `pad` to the longest of them."""
    table = np.full((len(sentences), max(map(len, sentences))), pad)
    for row, sentence in zip(table, sentences, strict=True):
        row[: len(sentence)] = sentence
    return table


def by_length(lengths: Tokens, batch_size: int) -> list[Tokens]:
    """Return batches of indices from the shortest sentence to the longest."""
    return chunks(np.argsort(lengths, kind="stable"), batch_size)


def loss(body: Any, head: Any, batch: Batch, pad: int, reduction: str = "mean") -> torch.Tensor:
    """Return the cross-entropy of the hidden tokens, in nats, as their mean or sum.

    `body` makes hidden states of tokens, and `head` scores of the vocabulary of hidden states.
    """
    parts = (batch.shown, batch.hidden, batch.right)
    shown, hidden, right = (torch.as_tensor(part, device=body.device) for part in parts)
    states = body(shown, attention_mask=(right != pad).long()).last_hidden_state
    # The vocabulary's scores are the dear part: only hidden tokens need them.
    scores = head(states[hidden])
    return torch.nn.functional.cross_entropy(scores, right[hidden], reduction=reduction)
