"""Whole counts back from counts that were divided by a factor of each cell."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from noisescaling._counts import Counts


def counts_from_log1p(normalized: Counts) -> Counts:
    """Recover integer counts, in UMIs, from counts normalized by cell and log(1 + x)-transformed.

    Parameters
    ----------
    normalized
        log(1 + count x size factor of the cell), CSR of shape (n_cells, n_genes).

    Raises
    ------
    ValueError
        If a recovered count is more than a quarter away from a whole number.
    """
    linear = normalized.astype(np.float64).expm1()
    return counts_from_normalized(linear, wanted="log1p-transformed counts")


def counts_from_normalized(
    normalized: Counts, tolerance: float = 0.25, wanted: str = "counts over a factor of each cell"
) -> Counts:
    """Recover integer counts, in UMIs, from counts that were divided by a factor of each cell.

    A cell's smallest non-zero value is one molecule, if the cell has a gene with one molecule; the
    others are whole multiples of it.

    Parameters
    ----------
    normalized
        Count x size factor of the cell, CSR of shape (n_cells, n_genes).
    tolerance
        Largest distance from a whole number, in molecules, that is taken for rounding of the
        stored values.
    wanted
        What the error asks for.

    Raises
    ------
    ValueError
        If a recovered count is not a whole number within `tolerance`.
    """
    values = pd.Series(normalized.data.astype(np.float64))
    cell = np.repeat(np.arange(normalized.shape[0]), np.diff(normalized.indptr))
    multiples = (values / values.groupby(cell).transform("min")).to_numpy()
    counts = np.rint(multiples)
    worst = float(np.max(np.abs(multiples - counts), initial=0))
    if worst > tolerance:
        raise ValueError(
            f"normalized is {worst:.2g} molecules away from whole multiples of each cell's "
            f"smallest value, more than {tolerance:g}; give {wanted}"
        )
    parts = (counts.astype(np.int64), normalized.indices, normalized.indptr)
    return sp.csr_matrix(parts, shape=normalized.shape)
