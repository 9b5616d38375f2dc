"""A protein language model, ESM-2 (Lin et al. 2023), fine-tuned on the data at hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from noisescaling._compute import device_of
from noisescaling._sequences import Sequences
from noisescaling.models._training import NetworkSettings, adamw, alone, check_settings
from noisescaling.models.masked import Tokens, by_length, hide, loss, padded
from noisescaling.models.protein_tokens import ACIDS, MASK, PAD, is_residue, windows
from noisescaling.models.protein_weights import (
    PUBLISHED,
    SCRATCH,
    load_network,
    untrained_network,
)
from noisescaling.models.sequence_base import SequenceModel


@dataclass(frozen=True)
class ProteinLanguageModelSettings(NetworkSettings):
    """Settings of `ProteinLanguageModel`.

    `weights` is "8M", "35M" or "150M" for the published ones, a folder with `config.json` and
    `model.safetensors`, or "none": then `n_layers`, `width` and `n_heads` make a network of the
    same architecture that starts from random weights. `untrained` keeps the weights that it starts
    from, published ones too. Sequences are cut into windows of `window` residues; 1,022 is what
    ESM-2 was trained with. Training takes `n_steps` steps of `batch_size` windows.
    """

    weights: str = "8M"
    n_layers: int = 2
    width: int = 64
    n_heads: int = 4
    window: int = 1022
    masked_fraction: float = 0.15
    weight_decay: float = 0.01
    warmup_steps: int = 20
    n_steps: int = 500
    batch_size: int = 8
    learning_rate: float = field(default=1e-4, kw_only=True)

    def __post_init__(self) -> None:
        check_settings(
            self, n_layers=1, width=1, n_heads=1, window=1, n_steps=1, batch_size=1, warmup_steps=0
        )
        if self.width % (2 * self.n_heads):
            raise ValueError(
                f"width = {self.width} is no multiple of 2 n_heads = {2 * self.n_heads}, which "
                "rotary positions need; give one that is"
            )


class ProteinLanguageModel(SequenceModel[ProteinLanguageModelSettings]):
    """Mean last hidden state of ESM-2 over residues, after masked language modelling on the data.

    The network guesses hidden residues from the others. Sequences need no alignment: positions are
    rotary, relative to one another. With `weights = "none"` it is a small network of the same
    architecture, trained from scratch, and `label` says so.
    """

    default = ProteinLanguageModelSettings()
    small_settings = replace(
        default, weights=SCRATCH, window=160, learning_rate=3e-3, n_steps=200, batch_size=32,
        n_threads=1,
    )  # fmt: skip

    @property
    def label(self) -> str:
        """What figures call the model: with its weights, or that it has none."""
        weights, never = self.settings.weights, ", untrained" * self.settings.untrained
        if weights == SCRATCH:
            return f"ESM-2 architecture from scratch ({self.settings.width} wide{never})"
        return f"ESM-2 {weights if weights in PUBLISHED else Path(weights).name}{never}"

    def _fit(self, sequences: Sequences) -> None:
        cut, _ = windows(sequences, self.settings.window)
        with alone(self.seed, self.settings.n_threads):
            self._network = self._start().to(device_of(self.settings.device)).eval()
            #: Mean cross-entropy of hidden residues, in nats, at each step.
            self.losses: list[float] = []
            if not self.settings.untrained:
                rng = np.random.default_rng(self.seed)
                self.losses = _train(self._network, cut, self.settings, rng)

    def _start(self) -> Any:
        s = self.settings
        if s.weights == SCRATCH:
            return untrained_network(s.width, s.n_layers, s.n_heads)
        return load_network(s.weights)

    def _embed(self, sequences: Sequences) -> NDArray[Any]:
        cut, owners = windows(sequences, self.settings.window)
        total = np.zeros((len(sequences), self._network.config.hidden_size))
        lengths = np.array([len(window) for window in cut])
        with alone(self.seed, self.settings.n_threads), torch.no_grad():
            for rows in by_length(lengths, 2 * self.settings.batch_size):
                sums = self._summed(padded([cut[row] for row in rows], PAD))
                np.add.at(total, owners[rows], sums)
        return total / np.strings.str_len(sequences)[:, None]

    def _summed(self, tokens: Tokens) -> NDArray[Any]:
        """Return the sum over a window's residues of the last hidden states, (n_windows, width)."""
        ids = torch.as_tensor(tokens, device=self._network.device)
        states = self._network.esm(ids, attention_mask=(ids != PAD).long()).last_hidden_state
        residues = torch.as_tensor(is_residue(tokens), device=ids.device)
        return np.asarray((states * residues[..., None]).sum(dim=1).cpu())


def _train(
    model: Any,
    cut: Sequence[Tokens],
    settings: ProteinLanguageModelSettings,
    rng: np.random.Generator,
) -> list[float]:
    """Train an ESM model in place, with a linear decay of the step size; return the losses."""
    warmup = max(1, settings.warmup_steps)

    def rate(made: int) -> float:
        return min((made + 1) / warmup, 1 - made / settings.n_steps)

    step = adamw(model, settings.learning_rate, settings.weight_decay, rate)
    losses: list[float] = []
    model.train()
    for rows in _batches(len(cut), settings, rng):
        tokens = padded([cut[row] for row in rows], PAD)
        batch = hide(tokens, is_residue(tokens), ACIDS, MASK, settings.masked_fraction, rng)
        missed = loss(model.esm, model.lm_head, batch, PAD)
        step(missed)
        losses.append(float(missed.detach()))
    model.eval()
    return losses


def _batches(
    n_windows: int, settings: ProteinLanguageModelSettings, rng: np.random.Generator
) -> Tokens:
    """Return the windows of each step, (n_steps, batch_size): each before any comes again."""
    size = min(settings.batch_size, n_windows)
    rounds = -(-settings.n_steps * size // n_windows)
    order = np.concatenate([rng.permutation(n_windows) for _ in range(rounds)])
    return order[: settings.n_steps * size].reshape(settings.n_steps, size)
