"""A cell as a sentence: its genes, most characteristic first (Theodoris et al. 2023)."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils.sparsefuncs import mean_variance_axis

from noisescaling.models._training import chunks
from noisescaling.models.base import FloatArray, row_sums

#: Token of no gene: fills sentences up to a common length.
PAD = 0
#: Token that hides a gene.
MASK = 1
#: Gene i is token i + FIRST_GENE.
FIRST_GENE = 2


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
