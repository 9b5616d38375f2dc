"""A transformer over genes ranked by expression, like Geneformer (Theodoris et al. 2023)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from noisescaling._checks import choice, positive
from noisescaling._compute import device_of
from noisescaling.models._training import (
    NetworkSettings,
    adamw,
    alone,
    check_settings,
    held_out,
    until_no_better,
)
from noisescaling.models.base import CellModel, FloatArray
from noisescaling.models.masked import Batch, Tokens, by_length, hide, loss, padded
from noisescaling.models.tokens import (
    FIRST_GENE,
    MASK,
    PAD,
    buckets,
    gene_medians,
    rank_tokens,
    widest_genes,
)


@dataclass(frozen=True)
class RankTransformerSettings(NetworkSettings):
    """Settings of `RankTransformer`; the defaults are the published ones.

    Sentences are made of the `n_top_genes` genes that vary most, and of all genes where it is 0.
    `pooled_layer` counts hidden states from the end, as Geneformer does: -1 is the last layer, -2
    the one before. The published study stopped after a number of epochs that it set for each data
    set; here training stops after `patience` epochs without a gain on held-out cells, and before
    the epoch that would go beyond `max_genes_read` genes of all sentences (0: no such limit). So
    shallow cells, whose sentences are short, are gone through more often at the same cost.
    """

    n_layers: int = 3
    width: int = 256
    n_heads: int = 4
    feed_forward: int = 512
    activation: Literal["relu", "gelu"] = "relu"
    n_top_genes: int = 0
    max_tokens: int = 512
    masked_fraction: float = 0.15
    dropout_rate: float = 0.02
    initial_spread: float = 0.02
    pooled_layer: int = -2
    weight_decay: float = 1e-3
    warmup_steps: int = 5000
    batch_size: int = 64
    validation_fraction: float = 0.1
    max_epochs: int = 100
    max_genes_read: int = 0
    patience: int = 5

    def __post_init__(self) -> None:
        check_settings(
            self, n_layers=1, width=1, n_heads=1, feed_forward=1, max_tokens=1, batch_size=1,
            max_epochs=1, patience=1, warmup_steps=0, max_genes_read=0, n_top_genes=0,
        )  # fmt: skip
        positive("initial_spread", self.initial_spread)
        choice("activation", self.activation, ("relu", "gelu"))
        if self.width % self.n_heads:
            raise ValueError(
                f"width = {self.width} is no multiple of n_heads = {self.n_heads}; give one that is"
            )
        if not -self.n_layers - 1 <= self.pooled_layer <= -1:
            raise ValueError(
                f"pooled_layer = {self.pooled_layer} must lie between {-self.n_layers - 1}, the "
                f"token embedding, and -1, the last of n_layers = {self.n_layers}"
            )


class RankTransformer(CellModel[RankTransformerSettings]):
    """Mean hidden state of a BERT that was trained to guess masked genes from the other genes.

    A cell is the sequence of its genes by falling share of molecules relative to the gene's median
    share: the depth of a cell enters only by the number of its genes. Cells without molecules are
    left out of the fit and embed to 0, as do cells of which the fit saw no gene.
    """

    default = RankTransformerSettings()
    # One to two minutes on one core for 5,000 cells. More genes are hidden than in the published
    # settings, so that each step has more to guess.
    small_settings = replace(
        default, n_layers=2, width=128, feed_forward=256, n_top_genes=1000, max_tokens=128,
        masked_fraction=0.3, dropout_rate=0.0, learning_rate=2e-3, warmup_steps=100, batch_size=32,
        max_epochs=40, max_genes_read=3_000_000, patience=10, n_threads=1,
    )  # fmt: skip
    min_cells = 10

    def _fit(self, counts: sp.csr_matrix) -> None:
        #: Indices of the genes in use, ascending, and the median share of molecules of each.
        self.genes = widest_genes(counts, self.settings.n_top_genes or counts.shape[1])
        self.medians: FloatArray = gene_medians(counts[:, self.genes])
        sentences = [cell for cell in self._sentences(counts) if len(cell)]
        if len(sentences) < self.min_cells:
            raise ValueError(
                f"{len(sentences)} cells hold one of the n_top_genes = {len(self.genes)} genes in "
                f"use and RankTransformer needs {self.min_cells}; give more cells or n_top_genes"
            )
        with alone(self.seed, self.settings.n_threads):
            self._model = self._start(len(self.genes))
            #: Mean held-out cross-entropy of masked genes, in nats, after each epoch.
            self.losses: list[float] = []
            if not self.settings.untrained:
                rng = np.random.default_rng(self.seed)
                self.losses = _train(self._model, sentences, self.settings, rng)

    def _sentences(self, counts: sp.csr_matrix) -> list[Tokens]:
        return rank_tokens(counts[:, self.genes], self.medians, self.settings.max_tokens)

    def _start(self, n_genes: int) -> Any:
        # Imported late: it takes seconds, and the linear models do without it.
        from transformers import BertConfig, BertForMaskedLM

        config = BertConfig(
            vocab_size=n_genes + FIRST_GENE,
            hidden_size=self.settings.width,
            num_hidden_layers=self.settings.n_layers,
            num_attention_heads=self.settings.n_heads,
            intermediate_size=self.settings.feed_forward,
            hidden_act=self.settings.activation,
            max_position_embeddings=self.settings.max_tokens,
            hidden_dropout_prob=self.settings.dropout_rate,
            attention_probs_dropout_prob=self.settings.dropout_rate,
            initializer_range=self.settings.initial_spread,
            pad_token_id=PAD,
        )
        model: Any = BertForMaskedLM(config)
        return model.to(device_of(self.settings.device)).eval()

    def _embed(self, counts: sp.csr_matrix) -> NDArray[Any]:
        sentences = self._sentences(counts)
        lengths = np.array([len(cell) for cell in sentences])
        embedding = np.zeros((len(sentences), self.settings.width))
        with alone(self.seed, self.settings.n_threads), torch.no_grad():
            for batch in by_length(lengths, 2 * self.settings.batch_size):
                filled = batch[lengths[batch] > 0]
                if filled.size:
                    embedding[filled] = self._pooled(padded([sentences[i] for i in filled], PAD))
        return embedding

    def _pooled(self, tokens: Tokens) -> NDArray[Any]:
        """Return the mean over a cell's genes of the chosen hidden states, (n_cells, width)."""
        ids = torch.as_tensor(tokens, device=self._model.device)
        real = ids != PAD
        states = self._model.bert(ids, attention_mask=real, output_hidden_states=True)
        chosen = states.hidden_states[self.settings.pooled_layer] * real[..., None]
        return np.asarray((chosen.sum(dim=1) / real.sum(dim=1, keepdim=True)).cpu())


def _train(
    model: Any,
    sentences: Sequence[Tokens],
    settings: RankTransformerSettings,
    rng: np.random.Generator,
) -> list[float]:
    """Train a BERT in place, its step size warmed up, then linearly less; return held-out losses.

    The held-out cells are hidden in the same way each time, so that epochs compare.
    """
    words = np.arange(FIRST_GENE, model.config.vocab_size)
    training, apart = held_out(len(sentences), settings.validation_fraction, 1, rng)
    lengths = np.array([len(cell) for cell in sentences])

    def hidden(cells: Tokens) -> Batch:
        tokens = padded([sentences[i] for i in cells], PAD)
        return hide(tokens, tokens != PAD, words, MASK, settings.masked_fraction, rng)

    exam = [hidden(apart[rows]) for rows in by_length(lengths[apart], settings.batch_size)]
    n_epochs = settings.max_epochs
    if settings.max_genes_read:
        n_epochs = max(1, min(n_epochs, settings.max_genes_read // int(lengths[training].sum())))
    n_steps = n_epochs * -(-len(training) // settings.batch_size)
    warmup = max(1, settings.warmup_steps)

    def rate(made: int) -> float:
        return min((made + 1) / warmup, max(n_steps - made, 1) / max(n_steps - warmup, 1), 1.0)

    step = adamw(model, settings.learning_rate, settings.weight_decay, rate)

    def epoch() -> None:
        for rows in buckets(lengths[training], settings.batch_size, rng):
            step(loss(model.bert, model.cls, hidden(training[rows]), PAD))

    def held_out_loss() -> float:
        totals = [float(loss(model.bert, model.cls, batch, PAD, "sum")) for batch in exam]
        return sum(totals) / sum(int(batch.hidden.sum()) for batch in exam)

    return until_no_better(model, n_epochs, settings.patience, epoch, held_out_loss)
