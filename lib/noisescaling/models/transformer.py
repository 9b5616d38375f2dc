"""A transformer over genes ranked by expression, like Geneformer (Theodoris et al. 2023)."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils.sparsefuncs import mean_variance_axis

from noisescaling._counts import row_sums
from noisescaling.models.base import FloatArray, at_least, fraction, share
from noisescaling.models.masked import Course, MaskedLanguageModel, Tokens, by_length
from noisescaling.models.training import chunks, held_out

#: Token of no gene: fills sentences up to a common length.
PAD = 0
#: Token that hides a gene.
MASK = 1
#: Gene i is token i + FIRST_GENE.
FIRST_GENE = 2


class RankTransformer(MaskedLanguageModel):
    """Mean hidden state of a BERT that was trained to guess masked genes from the other genes.

    A cell is the sequence of its genes by falling share of molecules relative to the gene's median
    share: the depth of a cell enters only by the number of its genes. Cells without molecules are
    left out of the fit and embed to 0, as do cells of which the fit saw no gene.

    The default settings are the published ones. Sentences are made of the `n_top_genes` genes that
    vary most, and of all genes where it is 0. `pooled_layer` counts hidden states from the end, as
    Geneformer does: -1 is the last layer, -2 the one before. The published study stopped after a
    number of epochs that it set for each data set; here training stops after `patience` epochs
    without a gain on held-out cells, and before the epoch that would go beyond `max_genes_read`
    genes of all sentences (0: no such limit). So shallow cells, whose sentences are short, are gone
    through more often at the same cost. `losses` are the mean held-out cross-entropy of masked
    genes after each epoch.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> cells = datasets.simulate_cells(n_cells=60, n_genes=20, umis_per_cell=50)
    >>> tiny = {"n_layers": 1, "width": 8, "n_heads": 2, "max_epochs": 1}
    >>> model = models.RankTransformer(pooled_layer=-1, **tiny)
    >>> model.fit(cells.counts).embed(cells.counts).shape
    (60, 8)
    """

    n_layers: int = 3
    width: int = 256
    feed_forward: int = 512
    activation: Literal["relu", "gelu"] = "relu"
    n_top_genes: int = 0
    max_tokens: int = 512
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

    # One to two minutes on one core for 5,000 cells. Half of the genes are hidden, more than in the
    # published settings: with 30 % hidden, fewer bits were learned on the data tried.
    small: ClassVar = dict(
        n_layers=2, width=128, feed_forward=256, n_top_genes=1000, max_tokens=128,
        masked_fraction=0.5, dropout_rate=0.0, learning_rate=2e-3, warmup_steps=100, batch_size=32,
        max_epochs=40, max_genes_read=3_000_000, patience=10, n_threads=1,
    )  # fmt: skip
    ranges: ClassVar = {
        "n_top_genes": at_least(0), "max_genes_read": at_least(0), "dropout_rate": share,
        "validation_fraction": fraction, "pooled_layer": at_least(-(10**9)),
    }  # fmt: skip
    min_rows = 10
    _pad, _mask, _never_hidden, _head = PAD, MASK, (PAD,), "cls"
    _precision = np.float32

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.width % self.n_heads:
            raise ValueError(
                f"width = {self.width} is no multiple of n_heads = {self.n_heads}; give one that is"
            )
        if not -self.n_layers - 1 <= self.pooled_layer <= -1:
            raise ValueError(
                f"pooled_layer = {self.pooled_layer} must lie between {-self.n_layers - 1}, the "
                f"token embedding, and -1, the last of n_layers = {self.n_layers}"
            )

    def _start(self, counts: sp.csr_matrix) -> list[Tokens]:
        #: Indices of the genes in use, ascending, and the median share of molecules of each.
        self.genes = widest_genes(counts, self.n_top_genes or counts.shape[1])
        self.medians: FloatArray = gene_medians(counts[:, self.genes])
        n_cells = int((row_sums(counts[:, self.genes]) > 0).sum())
        if n_cells < self.min_rows:
            raise ValueError(
                f"{n_cells} cells hold one of the n_top_genes = {len(self.genes)} genes in "
                f"use and RankTransformer needs {self.min_rows}; give more cells or n_top_genes"
            )
        return super()._start(counts)

    def _untrained(self) -> Any:
        # Imported late: it takes seconds, and the linear models do without it.
        from transformers import BertConfig, BertForMaskedLM

        config = BertConfig(
            vocab_size=len(self.genes) + FIRST_GENE,
            hidden_size=self.width,
            num_hidden_layers=self.n_layers,
            num_attention_heads=self.n_heads,
            intermediate_size=self.feed_forward,
            hidden_act=self.activation,
            max_position_embeddings=self.max_tokens,
            hidden_dropout_prob=self.dropout_rate,
            attention_probs_dropout_prob=self.dropout_rate,
            initializer_range=self.initial_spread,
            pad_token_id=PAD,
        )
        return BertForMaskedLM(config)

    def _sentences(self, counts: sp.csr_matrix) -> tuple[list[Tokens], NDArray[np.intp]]:
        sentences = rank_tokens(counts[:, self.genes], self.medians, self.max_tokens)
        return sentences, np.arange(len(sentences))

    def _words(self) -> Tokens:
        return np.arange(FIRST_GENE, len(self.genes) + FIRST_GENE)

    def _course(self, lengths: Tokens, rng: np.random.Generator) -> Course:
        """Warm the step size up, then let it fall linearly; hold a share of the cells out."""
        training, apart = held_out(len(lengths), self.validation_fraction, 1, rng)
        n_epochs = self.max_epochs
        if self.max_genes_read:
            n_epochs = max(1, min(n_epochs, self.max_genes_read // int(lengths[training].sum())))
        n_steps = n_epochs * -(-len(training) // self.batch_size)
        warmup = max(1, self.warmup_steps)
        return Course(
            (
                (training[rows] for rows in buckets(lengths[training], self.batch_size, rng))
                for _ in range(n_epochs)
            ),
            lambda made: min(
                (made + 1) / warmup, max(n_steps - made, 1) / max(n_steps - warmup, 1), 1.0
            ),
            [apart[rows] for rows in by_length(lengths[apart], self.batch_size)],
            self.patience,
        )


def widest_genes(counts: sp.csr_matrix, n_genes: int) -> NDArray[np.int64]:
    """Return the ascending indices of the genes whose log share of molecules varies most.

    The variance is that of log(1 + molecules per 10,000) over the cells. Unlike the dispersion by
    which `PCA` chooses, it favours genes that many cells hold, so that sentences stay long. Of
    genes that tie, the first.
    """
    variance = mean_variance_axis((10_000 * _shares(counts)).log1p(), axis=0)[1]
    return np.sort(np.argsort(-variance, kind="stable")[:n_genes])


def gene_medians(counts: sp.csr_matrix) -> FloatArray:
    """Return each gene's median share of a cell's molecules over the cells that hold it.

    Of shape (n_genes,); infinite for genes that no cell holds, which so never make a token.
    """
    shares = sp.csc_matrix(_shares(counts))
    columns = np.split(shares.data, shares.indptr[1:-1])
    return np.array([np.median(column) if column.size else np.inf for column in columns])


def rank_tokens(
    counts: sp.csr_matrix, medians: FloatArray, max_tokens: int
) -> list[NDArray[np.int64]]:
    """Return each cell's gene tokens by falling share of molecules over the gene's median share.

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes) without stored zeros, in molecules.
    medians
        `gene_medians` of the cells of the fit, (n_genes,).
    max_tokens
        Number of leading genes to keep.

    Returns
    -------
    One array of tokens a cell, no longer than `max_tokens`; of genes that tie, the first comes
    first. A cell without molecules has no tokens.
    """
    shares = _shares(counts)
    scores = shares.data / medians[shares.indices]
    cells = np.repeat(np.arange(counts.shape[0]), np.diff(shares.indptr))
    order = np.lexsort((shares.indices, -scores, cells))
    tokens = shares.indices[order].astype(np.int64) + FIRST_GENE
    tokens[scores[order] == 0] = PAD
    sentences = np.split(tokens, shares.indptr[1:-1])
    return [sentence[sentence != PAD][:max_tokens] for sentence in sentences]


def buckets(
    lengths: NDArray[np.int64], batch_size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield random batches of indices whose sentences have similar lengths, in random order.

    Shuffled cells are sorted by length within pools of eight batches: little padding, and another
    company for each cell in each epoch.
    """
    pools = chunks(rng.permutation(len(lengths)), 8 * batch_size)
    batches = [
        batch
        for pool in pools
        for batch in chunks(pool[np.argsort(lengths[pool], kind="stable")], batch_size)
    ]
    for position in rng.permutation(len(batches)):
        yield batches[position]


def _shares(counts: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix(sp.diags_array(1 / np.maximum(row_sums(counts), 1)) @ counts)
