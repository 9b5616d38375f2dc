"""Margins turned to standard normal by ranks, so that scales and heavy tails do not matter."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]


def to_normal(values: Array) -> Array:
    """Return each column of values (n, d) as normal scores; ties share their mean score.

    Mutual information does not change under such monotone maps. A constant column becomes 0.
    """
    ranks = rankdata(values, axis=0)
    return np.asarray(ndtri((ranks - 0.5) / len(values)))


def tied_fraction(values: Array) -> float:
    """Return the share of rows of values (n, d) that equal another row."""
    _, counts = np.unique(values, axis=0, return_counts=True)
    return float(counts[counts > 1].sum() / len(values))
