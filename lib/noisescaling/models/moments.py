"""Moments of log expression that comes in blocks of cells, for data larger than the memory."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling.models.base import FloatArray

#: Bins of mean expression within which dispersions are compared, as in scanpy.
_N_BINS = 20


def gene_dispersions(
    blocks: Iterable[sp.csr_matrix], target_sum: float
) -> tuple[int, int, FloatArray]:
    """Return cells, those with molecules, and the normalized dispersion of each gene, (n_genes,).

    The sums over cells are exact, so that the dispersions, ties among them included, are the same
    in whatever blocks or order the cells come.

    Parameters
    ----------
    blocks
        Log expression of some cells each, (some cells, n_genes).
    target_sum
        Molecules that each cell was scaled to.

    Raises
    ------
    ValueError
        If there is no block, or blocks differ in genes.
    """
    n_cells = n_filled = n_genes = 0
    sums = np.zeros(())
    for block in blocks:
        if n_cells and block.shape[1] != n_genes:
            raise ValueError(f"blocks have {n_genes} and {block.shape[1]} genes; give equal ones")
        n_genes = block.shape[1]
        shares = np.expm1(block.data) / target_sum
        sums = sums + np.stack([_parts(x, block.indices, n_genes) for x in (shares, shares**2)])
        n_cells += block.shape[0]
        n_filled += int((np.diff(block.indptr) > 0).sum())
    if n_cells == 0:
        raise ValueError("blocks holds no block; give counts")
    mean, square = (sums[:, 0] * 2.0**-30 + sums[:, 1] * 2.0**-60) / n_cells
    variance = (square - mean**2) * n_cells / max(n_cells - 1, 1)
    # What is left of a gene that is the same in all cells is rounding.
    variance[variance < 1e-12 * square] = 0
    scaled = normalized_dispersion(mean * target_sum, variance * target_sum**2)
    return n_cells, n_filled, scaled


def _parts(values: FloatArray, genes: NDArray[np.integer], n_genes: int) -> FloatArray:
    """Sum numbers from 0 to 1 a gene, in units of 2^-30 and, what is left, of 2^-60.

    These are sums of whole numbers, and exact for up to 2^23 cells.
    """
    scaled = values * 2.0**30
    left = np.floor((scaled - np.floor(scaled)) * 2.0**30)
    return np.stack([np.bincount(genes, x, n_genes) for x in (np.floor(scaled), left)])


def leading_genes(dispersion: FloatArray, n_top_genes: int) -> NDArray[np.intp]:
    """Return the ascending indices of the largest dispersions; of those that tie, the first.

    Genes without variance, whose dispersion is NaN, come last.
    """
    order = np.argsort(-np.nan_to_num(dispersion, nan=-np.inf), kind="stable")
    return np.sort(order[:n_top_genes])


def normalized_dispersion(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return each gene's log dispersion beside genes of like mean (Satija et al. 2015); (n_genes,).

    The same as scanpy's `dispersions_norm` of the flavour "seurat", but from moments. NaN for genes
    without variance.
    """
    safe = np.where(mean == 0, 1e-12, mean)
    ratio = variance / safe
    dispersion = pd.Series(np.log(np.where(ratio > 0, ratio, np.nan)))
    bins = pd.cut(np.log1p(safe), bins=_N_BINS)
    grouped = dispersion.groupby(bins, observed=True)
    centre, spread = grouped.transform("mean"), grouped.transform("std")
    # The only gene of its bin has no others to be compared with: scanpy gives it 1.
    alone = spread.isna() & dispersion.notna()
    normalized = (dispersion - centre.where(~alone, 0)) / spread.where(~alone, centre)
    return np.asarray(normalized, dtype=np.float64)


def product_moments(blocks: Iterable[sp.csr_matrix]) -> tuple[int, FloatArray, FloatArray]:
    """Return cells, mean (n_genes,) and mean product of genes with genes over blocks of cells."""
    n_cells = 0
    sums = products = np.zeros(())
    for block in blocks:
        n_cells += block.shape[0]
        sums = sums + np.asarray(block.sum(axis=0)).ravel()
        products = products + (block.T @ block).toarray()
    return n_cells, sums / max(n_cells, 1), products / max(n_cells, 1)
