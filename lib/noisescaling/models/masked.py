"""Masked language modelling: sentences of tokens, some of them hidden, and the loss of a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from noisescaling._compute import device_of
from noisescaling.models.base import at_least, fraction, share
from noisescaling.models.training import Network, chunks, stepper, train

if TYPE_CHECKING:
    import torch

Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """What a model is shown, where it must guess, and what is right; each (n, length)."""

    shown: Tokens
    hidden: NDArray[np.bool_]
    right: Tokens


@dataclass(frozen=True)
class Course:
    """The order of a training: sentences are told by their numbers.

    Parameters
    ----------
    epochs
        The batches of each epoch.
    rate
        Share of the learning rate that a step takes, from the number of steps made.
    exam
        Batches that are held out.
    patience
        Epochs to wait for a lower held-out loss.
    """

    epochs: Iterable[Iterable[Tokens]]
    rate: Callable[[int], float]
    exam: Sequence[Tokens] = ()
    patience: int = 0


class MaskedLanguageModel(Network):
    """Mean hidden state of a transformer that was trained to guess hidden tokens from the others.

    A kind of data adds how it is cut into sentences of tokens, the network, and the order of the
    training.
    """

    n_layers: int = 2
    width: int = 64
    n_heads: int = 4
    masked_fraction: float = 0.15
    weight_decay: float = 0.01
    warmup_steps: int = 20
    batch_size: int = 8

    ranges: ClassVar = {
        "masked_fraction": fraction, "weight_decay": share, "warmup_steps": at_least(0),
    }  # fmt: skip

    #: Tokens: of what fills sentences up, of what hides another, and those that are never hidden.
    _pad: ClassVar[int]
    _mask: ClassVar[int]
    _never_hidden: ClassVar[tuple[int, ...]]
    #: The network's part that makes scores of the vocabulary.
    _head: ClassVar[str]
    #: Which hidden states represent, counted from the last layer.
    pooled_layer = -1
    #: Of the sum over tokens.
    _precision: ClassVar[Any] = np.float64

    def _sentences(self, data: Any) -> tuple[Sequence[Tokens], NDArray[np.intp]]:
        """Return sentences, and the observation that each is of; each observation has one."""
        raise NotImplementedError

    def _untrained(self) -> Any:
        """Return the network that training starts from."""
        raise NotImplementedError

    def _words(self) -> Tokens:
        """Return the tokens that may stand for a hidden one."""
        raise NotImplementedError

    def _course(self, lengths: Tokens, rng: np.random.Generator) -> Course:
        """Return the order in which sentences of such lengths are learned from."""
        raise NotImplementedError

    def _start(self, data: Any) -> list[Tokens]:
        self._network = self._untrained().to(device_of(self.device)).eval()
        return [sentence for sentence in self._sentences(data)[0] if len(sentence)]

    def _train(self, sentences: Sequence[Tokens], rng: np.random.Generator) -> list[float]:
        import torch
        from torch.optim.lr_scheduler import LambdaLR

        course = self._course(np.array([len(sentence) for sentence in sentences]), rng)

        def hidden(rows: Tokens) -> Batch:
            tokens = padded([sentences[row] for row in rows], self._pad)
            guessable = ~np.isin(tokens, self._never_hidden)
            return hide(tokens, guessable, self._words(), self._mask, self.masked_fraction, rng)

        # Hidden in the same way each time, so that epochs compare.
        exam = [hidden(rows) for rows in course.exam]

        def held_out_loss() -> float:
            total = sum(float(self._loss(batch, "sum")) for batch in exam)
            return total / sum(int(batch.hidden.sum()) for batch in exam)

        epochs = ((self._loss(hidden(rows)) for rows in epoch) for epoch in course.epochs)
        optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        step = stepper(optimizer, LambdaLR(optimizer, course.rate), clipped=True)
        asked = held_out_loss if exam else None
        return train(self._network, epochs, step, asked, course.patience)

    def _loss(self, batch: Batch, reduction: str = "mean") -> torch.Tensor:
        """Return the cross-entropy of the hidden tokens, in nats, as their mean or sum."""
        import torch

        network, parts = self._network, (batch.shown, batch.hidden, batch.right)
        shown, hidden, right = (torch.as_tensor(part, device=network.device) for part in parts)
        attended = (right != self._pad).long()
        states = network.base_model(shown, attention_mask=attended).last_hidden_state
        # The vocabulary's scores are the dear part: only hidden tokens need them.
        scores = getattr(network, self._head)(states[hidden])
        return torch.nn.functional.cross_entropy(scores, right[hidden], reduction=reduction)

    def _represent(self, data: Any) -> NDArray[Any]:
        sentences, owners = self._sentences(data)
        total = np.zeros((owners[-1] + 1, self._network.config.hidden_size), self._precision)
        number = np.zeros((len(total), 1), self._precision)
        for rows, tokens, states in self._read(sentences):
            counted = ~np.isin(tokens, self._never_hidden)
            np.add.at(total, owners[rows], summed(states, counted))
            np.add.at(number, owners[rows], counted.sum(axis=1, keepdims=True))
        return total / np.maximum(number, 1)

    def _read(
        self, sentences: Sequence[Tokens]
    ) -> Iterator[tuple[NDArray[np.intp], Tokens, torch.Tensor]]:
        """Yield sentences by batch, those without tokens left out.

        The numbers of the sentences, (n,), their tokens, (n, length), and the hidden states of all
        tokens, (n, length, width).
        """
        import torch

        device, last = self._network.device, self.pooled_layer == -1
        lengths = np.array([len(sentence) for sentence in sentences])
        for rows in by_length(lengths, 2 * self.batch_size):
            filled = rows[lengths[rows] > 0]
            if not filled.size:
                continue
            tokens = padded([sentences[row] for row in filled], self._pad)
            ids = torch.as_tensor(tokens, device=device)
            with torch.no_grad():
                told = self._network.base_model(
                    ids, attention_mask=(ids != self._pad).long(), output_hidden_states=not last
                )
            states = told.last_hidden_state if last else told.hidden_states[self.pooled_layer]
            yield filled, tokens, states


def summed(states: torch.Tensor, counted: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the sum of a sentence's hidden states over the tokens that count, (n, width).

    Parameters
    ----------
    states
        Hidden states, (n, length, width).
    counted
        Which tokens count, (n, length).
    """
    import torch

    counts = torch.as_tensor(counted, device=states.device)
    return np.asarray((states * counts[..., None]).sum(dim=1).cpu())


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
