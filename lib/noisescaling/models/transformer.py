"""A transformer over genes ranked by expression, like Geneformer (Theodoris et al. 2023)."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._checks import choice, positive, whole
from noisescaling.models import masked
from noisescaling.models._training import quiet, resolve_device, seeded, threads
from noisescaling.models.base import CellModel, FloatArray
from noisescaling.models.tokens import (
    FIRST_GENE,
    PAD,
    by_length,
    gene_medians,
    padded,
    rank_tokens,
)


@dataclass(frozen=True)
class RankTransformerSettings:
    """Settings of `RankTransformer`; the defaults are the published ones.

    `pooled_layer` counts hidden states from the end, as Geneformer does: -1 is the last layer, -2
    the one before. The published study stopped after a number of epochs that it set for each data
    set; here training stops after `patience` epochs without a gain on held-out cells.
    `n_threads` = 0 leaves torch as many processor threads as it has; the small setting takes one,
    since on small batches threads wait for each other more than they work.
    """

    n_layers: int = 3
    width: int = 256
    n_heads: int = 4
    feed_forward: int = 512
    activation: Literal["relu", "gelu"] = "relu"
    max_tokens: int = 512
    masked_fraction: float = 0.15
    dropout_rate: float = 0.02
    initial_spread: float = 0.02
    pooled_layer: int = -2
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    warmup_steps: int = 5000
    batch_size: int = 64
    validation_fraction: float = 0.1
    max_epochs: int = 100
    patience: int = 5
    device: Literal["auto", "cpu", "cuda"] = "auto"
    n_threads: int = 0

    def __post_init__(self) -> None:
        for name in ("n_layers", "width", "n_heads", "feed_forward", "max_tokens", "batch_size",
                     "max_epochs", "patience"):  # fmt: skip
            whole(name, getattr(self, name), at_least=1)
        whole("warmup_steps", self.warmup_steps, at_least=0)
        positive("learning_rate", self.learning_rate)
        positive("initial_spread", self.initial_spread)
        choice("activation", self.activation, ("relu", "gelu"))
        whole("n_threads", self.n_threads, at_least=0)
        choice("device", self.device, ("auto", "cpu", "cuda"))
        for name in ("masked_fraction", "validation_fraction"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name):g} must lie between 0 and 1")
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
    small_settings: ClassVar[RankTransformerSettings] = replace(
        default, n_layers=1, width=64, n_heads=2, feed_forward=128, max_tokens=64, pooled_layer=-1,
        dropout_rate=0.0, learning_rate=4e-3, warmup_steps=20, batch_size=16, max_epochs=14,
        n_threads=1,
    )  # fmt: skip
    min_cells = 10

    @classmethod
    def small(cls, *, seed: int = 0, **settings: Any) -> Self:
        """Return the model with settings that fit two processor cores."""
        return cls(replace(cls.small_settings, **settings), seed=seed)

    def _fit(self, counts: sp.csr_matrix) -> None:
        #: Median share of molecules of each gene, (n_genes,).
        self.medians: FloatArray = gene_medians(counts)
        sentences = [cell for cell in self._sentences(counts) if len(cell)]
        with seeded(self.seed), threads(self.settings.n_threads), quiet():
            self._model = self._untrained(counts.shape[1])
            rng = np.random.default_rng(self.seed)
            #: Mean held-out cross-entropy of masked genes, in nats, after each epoch.
            self.losses: list[float] = masked.train(self._model, sentences, self.settings, rng)

    def _sentences(self, counts: sp.csr_matrix) -> list[NDArray[np.int64]]:
        return rank_tokens(counts, self.medians, self.settings.max_tokens)

    def _untrained(self, n_genes: int) -> Any:
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
        return model.to(resolve_device(self.settings.device))

    def _embed(self, counts: sp.csr_matrix) -> NDArray[Any]:
        sentences = self._sentences(counts)
        lengths = np.array([len(cell) for cell in sentences])
        embedding = np.zeros((len(sentences), self.settings.width))
        for batch in by_length(lengths, 2 * self.settings.batch_size):
            filled = batch[lengths[batch] > 0]
            if filled.size:
                embedding[filled] = self._pooled(padded([sentences[i] for i in filled]))
        return embedding

    def _pooled(self, tokens: NDArray[np.int64]) -> NDArray[Any]:
        """Return the mean over a cell's genes of the chosen hidden states, (n_cells, width)."""
        import torch

        self._model.eval()
        with torch.no_grad(), threads(self.settings.n_threads), quiet():
            ids = torch.as_tensor(tokens, device=self._model.device)
            real = ids != PAD
            states = self._model.bert(ids, attention_mask=real, output_hidden_states=True)
            chosen = states.hidden_states[self.settings.pooled_layer] * real[..., None]
            return np.asarray((chosen.sum(dim=1) / real.sum(dim=1, keepdim=True)).cpu())
