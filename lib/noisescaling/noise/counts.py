"""Noise of molecule counts: each molecule is kept or lost on its own."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

#: Counts of molecules, (n_cells, n_genes): a dense array or a sparse matrix in CSR form.
Counts = NDArray[np.integer] | sp.csr_matrix


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
        If there are not two axes, no cells or no genes, or a count is NaN, infinite, negative or
        fractional.
    """
    matrix = _as_csr(counts) if sp.issparse(counts) else np.asarray(counts)
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


def _as_csr(counts: Counts) -> sp.csr_matrix:
    matrix = sp.csr_matrix(counts)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix


def _whole_numbers(values: NDArray, name: str) -> NDArray[np.integer]:
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {values.dtype} values; give whole numbers of molecules")
    if values.size == 0:
        return values.astype(np.int64)
    if values.dtype.kind == "f":
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise ValueError(f"{name} holds {bad} NaN or infinite values of {values.size}")
        fractional = int((values != np.floor(values)).sum())
        if fractional:
            example = values[values != np.floor(values)].flat[0]
            raise ValueError(
                f"{name} holds {fractional} fractional values of {values.size}, such as "
                f"{example:g}; give raw counts, before any normalization"
            )
    if values.min() < 0:
        raise ValueError(f"{name} holds {values.min():g}; counts are never below 0")
    return values if values.dtype.kind in "iu" else values.astype(np.int64)


def mean_umis_per_cell(counts: Counts) -> float:
    """Return the mean number of molecules (UMIs) a cell of counts (n_cells, n_genes)."""
    return float(counts.sum(dtype=np.int64)) / counts.shape[0]


def downsample(counts: Counts, umis_per_cell: float, rng: np.random.Generator) -> Counts:
    """Thin counts to a mean depth in UMIs per cell, as shallower sequencing would.

    Each molecule is kept with one and the same probability, the wanted depth over the mean depth,
    on its own: a binomial draw for each count. Cells keep their differences in depth, and the mean
    depth is met on average. The binomial thinning of a Poisson count is again a Poisson count
    (book, equation `eq-thinning`).

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules; dense or sparse.
    umis_per_cell
        Mean depth to reach, in UMIs per cell; above 0 and at most the mean of `counts`.
    rng
        Source of randomness.

    Returns
    -------
    Counts of the same shape and kind, integer, nowhere larger than `counts`.

    Raises
    ------
    ValueError
        If `counts` are no counts, hold no molecule, or `umis_per_cell` is out of range.
    """
    counts = check_counts(counts)
    return _thin(counts, capture_probability(counts, umis_per_cell), rng)


def capture_probability(counts: Counts, umis_per_cell: float) -> float:
    """Return the probability of keeping a molecule that thins `counts` to a mean depth.

    Raises
    ------
    ValueError
        If `counts` hold no molecule, or `umis_per_cell` is not above 0 and at most their mean.
    """
    mean = mean_umis_per_cell(counts)
    if mean == 0:
        raise ValueError(
            f"counts of {counts.shape[0]} cells hold 0 molecules; leave out empty data sets"
        )
    if not umis_per_cell > 0:
        raise ValueError(f"umis_per_cell = {umis_per_cell:g} must be above 0")
    # A depth typed as the rounded mean means the data as they are.
    if umis_per_cell > np.ceil(mean):
        raise ValueError(
            f"umis_per_cell = {umis_per_cell:g} is more than the mean {mean:.4g} of these counts; "
            f"give at most {mean:.4g}"
        )
    return min(umis_per_cell / mean, 1.0)


def split(counts: Counts, rng: np.random.Generator, fraction: float = 0.5) -> tuple[Counts, Counts]:
    """Split each cell's molecules at random into two sets, both in molecules.

    Of Poisson counts the two parts are independent given the cell (book, equation `eq-split`).

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules; dense or sparse.
    rng
        Source of randomness.
    fraction
        Probability that a molecule falls into the first part; between 0 and 1.

    Returns
    -------
    Two counts of the same shape and kind, which add up to `counts`.

    Raises
    ------
    ValueError
        If `counts` are no counts, or `fraction` is not between 0 and 1.
    """
    counts = check_counts(counts)
    if not 0 < fraction < 1:
        raise ValueError(f"fraction = {fraction:g} must lie between 0 and 1, both left out")
    first = _thin(counts, fraction, rng)
    return first, counts - first


def _thin(counts: Counts, probability: float, rng: np.random.Generator) -> Counts:
    if probability == 1:
        return counts.copy()
    if not sp.issparse(counts):
        return rng.binomial(counts, probability).astype(counts.dtype)
    kept = rng.binomial(counts.data, probability).astype(counts.dtype)
    thinned = sp.csr_matrix((kept, counts.indices, counts.indptr), shape=counts.shape, copy=True)
    thinned.eliminate_zeros()
    return thinned
