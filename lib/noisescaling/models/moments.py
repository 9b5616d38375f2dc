"""Moments of log expression that comes in blocks of cells, for data larger than the memory."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import scipy.sparse as sp

from noisescaling.models.base import FloatArray

#: Bins of mean expression within which dispersions are compared, as in scanpy.
_N_BINS = 20


def gene_dispersions(blocks: Iterable[sp.csr_matrix]) -> tuple[int, int, FloatArray]:
    """Return cells, those with molecules, and the normalized dispersion of each gene, (n_genes,).

    Parameters
    ----------
    blocks
        Log expression of some cells each, (some cells, n_genes).

    Raises
    ------
    ValueError
        If there is no block, or blocks differ in genes.
    """
    n_cells = n_filled = n_genes = 0
    sums = squares = np.zeros(())
    for block in blocks:
        if n_cells and block.shape[1] != n_genes:
            raise ValueError(f"blocks have {n_genes} and {block.shape[1]} genes; give equal ones")
        n_genes = block.shape[1]
        expression = block.expm1()
        sums = sums + _column_sums(expression)
        squares = squares + _column_sums(expression.power(2))
        n_cells += block.shape[0]
        n_filled += int((np.diff(block.indptr) > 0).sum())
    if n_cells == 0:
        raise ValueError("blocks holds no block; give counts")
    mean = sums / n_cells
    variance = (squares / n_cells - mean**2) * n_cells / max(n_cells - 1, 1)
    return n_cells, n_filled, normalized_dispersion(mean, variance)


def _column_sums(block: sp.csr_matrix) -> FloatArray:
    return np.asarray(block.sum(axis=0)).ravel()


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
        sums = sums + _column_sums(block)
        products = products + (block.T @ block).toarray()
    return n_cells, sums / max(n_cells, 1), products / max(n_cells, 1)
