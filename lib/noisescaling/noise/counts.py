"""Noise of molecule counts: each molecule is kept or lost on its own."""

import numpy as np
import scipy.sparse as sp

from noisescaling._checks import between_0_and_1
from noisescaling._counts import Counts, check_counts, mean_umis_per_cell
from noisescaling.noise._binomial import binomial


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
    return thin(counts, capture_probability(counts, umis_per_cell), rng)


def capture_probability(counts: Counts, umis_per_cell: float) -> float:
    """Return the probability of keeping a molecule that thins `counts` to a mean depth.

    Raises
    ------
    ValueError
        If `counts` hold no molecule, or `umis_per_cell` is not above 0 and at most their mean.
    """
    return probability_for(mean_umis_per_cell(counts), counts.shape[0], umis_per_cell)


def probability_for(mean: float, n_cells: int, umis_per_cell: float) -> float:
    """Return the probability of keeping a molecule that thins `n_cells` of a mean depth to another.

    Raises
    ------
    ValueError
        If `mean` is 0, or `umis_per_cell` is not above 0 and at most the mean.
    """
    if mean == 0:
        raise ValueError(f"counts of {n_cells} cells hold 0 molecules; leave out empty data sets")
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
    between_0_and_1(fraction=fraction)
    first = thin(counts, fraction, rng)
    return first, counts - first


def thin(counts: Counts, probability: float, rng: np.random.Generator) -> Counts:
    """Keep each molecule of checked counts with a probability above 0 and at most 1."""
    if probability == 1:
        return counts.copy()
    stored = counts.data if sp.issparse(counts) else counts.ravel()
    kept, drawn = binomial(stored, probability, rng)
    if not sp.issparse(counts):
        thinned = np.zeros_like(stored)
        thinned[kept] = drawn
        return thinned.reshape(counts.shape)
    starts = np.searchsorted(kept, counts.indptr).astype(counts.indptr.dtype)
    parts = (drawn.astype(counts.dtype), counts.indices[kept], starts)
    return sp.csr_matrix(parts, shape=counts.shape)
