"""What counts of molecules are, and the check that data are such counts."""

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._checks import as_array, kind_of

#: Counts of molecules, (n_cells, n_genes): a dense integer array or a scipy CSR matrix.
Counts: TypeAlias = Any

#: Largest count, in molecules: the sum of millions of such counts is a number of 64 bits still.
MOST = 2**40


def check_counts(counts: Counts, name: str = "counts") -> Counts:
    """Return counts of molecules (n_cells, n_genes) as integers, dense or CSR as they came.

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules (UMIs): a dense array or any scipy sparse
        matrix, of integers or of floats that are whole.
    name
        What the error calls them.

    Returns
    -------
    A dense integer array, or a CSR matrix without stored duplicates.

    Raises
    ------
    ValueError
        If there are not two axes, no cells or no genes, or a count is NaN, infinite, negative,
        fractional or above 2^40.

    Examples
    --------
    >>> from noisescaling import noise
    >>> noise.check_counts([[1.0, 0.0], [2.0, 3.0]])
    array([[1, 0],
           [2, 3]])
    >>> noise.check_counts([[1.5, 0.0]])
    Traceback (most recent call last):
        ...
    ValueError: counts holds 1 fractional values of 2...
    """
    matrix: Any = _as_csr(counts) if sp.issparse(counts) else as_array(name, counts)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(
            f"{name} has shape {matrix.shape}; give (n_cells, n_genes), none of them 0"
        )
    stored = matrix.data if sp.issparse(matrix) else matrix
    whole = _whole_numbers(stored, name)
    if not sp.issparse(matrix):
        return whole
    if whole is stored:
        return matrix
    return sp.csr_matrix((whole, matrix.indices, matrix.indptr), shape=matrix.shape)


def _as_csr(counts: Counts) -> Counts:
    # Asked of the caller's own matrix, which remembers the answer.
    if getattr(counts, "has_canonical_format", True):
        return sp.csr_matrix(counts)
    # What stands at one place is added up, which small types do not hold.
    wide = counts.astype({"f": np.float64, "c": complex}.get(counts.dtype.kind, np.int64))
    matrix = sp.csr_matrix(wide)
    matrix.sum_duplicates()
    return matrix


def _whole_numbers(values: NDArray[Any], name: str) -> NDArray[Any]:
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {kind_of(values)} values; give whole numbers of molecules")
    if values.size == 0:
        return values.astype(np.int64)
    numbers = values
    if values.dtype.kind not in "iu":
        with np.errstate(invalid="ignore"):
            numbers = values.astype(np.int64)
        if not np.array_equal(numbers.astype(values.dtype), values):
            _refuse_fractions(values, name)
            numbers = values
    low, high = _ends(numbers)
    if low < 0:
        raise ValueError(f"{name} holds {low:g}; counts are never below 0")
    if high > MOST:
        raise ValueError(f"{name} holds {high:g}; a count is at most 2^40 = {MOST:g} molecules")
    return numbers


def _refuse_fractions(values: NDArray[Any], name: str) -> None:
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise ValueError(f"{name} holds {bad} NaN or infinite values of {values.size}")
    fractional = values[values != np.floor(values)]
    if fractional.size:
        raise ValueError(
            f"{name} holds {fractional.size} fractional values of {values.size}, such as "
            f"{fractional[0]:g}; give raw counts, before any normalization"
        )


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the largest value; of good integers, 0 and the largest, in one go."""
    if values.dtype.kind == "i":
        # Negative numbers are the largest of all when read without their sign.
        high = int(values.view(values.dtype.str.replace("i", "u")).max())
        if high <= np.iinfo(values.dtype).max:
            return 0, high
    return values.min(), values.max()


def mean_umis_per_cell(counts: Counts) -> float:
    """Return the mean number of molecules (UMIs) a cell of counts (n_cells, n_genes)."""
    # The sum of scipy would look for entries that repeat.
    stored = counts.data if sp.issparse(counts) else counts
    return float(stored.sum(dtype=np.int64) / counts.shape[0])


def row_sums(counts: sp.csr_matrix) -> NDArray[np.int64]:
    """Return the molecules of each cell, (n_cells,)."""
    return np.asarray(counts.sum(axis=1, dtype=np.int64)).ravel()


def as_csr(counts: Counts, name: str = "counts") -> sp.csr_matrix:
    """Return checked counts as CSR without stored zeros."""
    matrix = sp.csr_matrix(check_counts(counts, name))
    if matrix.nnz and not matrix.data.all():
        matrix = matrix.copy()
        matrix.eliminate_zeros()
    return matrix
