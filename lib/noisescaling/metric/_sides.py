"""One side of the data made ready for all fits; none of it looks at the other side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]

#: Scatter that breaks ties, on margins of unit variance.
TIE_SCATTER = 1e-6
#: Principal axes kept at most, whatever the number of columns.
MAX_AXES = 256
#: Columns that get bent copies; of more, the principal axes with the largest variance do.
MAX_BENT = 32
#: Columns up to which all products of two are taken, not the squares alone.
MAX_PRODUCTS = 8


@dataclass(frozen=True)
class Side:
    """One side's columns on their principal axes: scores (n, p) and their variances (p,).

    This looks at one side alone, never at the pairing, so it may use all rows.
    """

    scores: Array
    variances: Array


def principal(columns: Array) -> Side:
    """Return standardized `columns` (n, d) on the principal axes that carry variance."""
    n = len(columns)
    centred = columns - columns.mean(0)
    spread = centred.std(0)
    kept = spread > 1e-9 * max(float(spread.max()), 1e-300)
    scaled = centred[:, kept] / spread[kept]
    variances, axes = np.linalg.eigh(scaled.T @ scaled / n)
    best = np.flatnonzero(variances > 1e-9 * variances[-1])[-min(MAX_AXES, max(n // 4, 1)) :]
    return Side(scaled @ axes[:, best], variances[best])


@dataclass(frozen=True)
class Prepared:
    """One side of the data with its linear and its bent columns on principal axes."""

    normal: Array
    linear: Side
    bent: Side


def prepare(values: Array, rng: np.random.Generator) -> Prepared | None:
    """Return values (n, d) with normal margins, ties broken at random; None of a constant."""
    normal = to_normal(values)
    normal = normal[:, normal.std(0) > 0]
    if normal.shape[1] == 0:
        return None
    normal = normal + TIE_SCATTER * rng.standard_normal(normal.shape)
    return Prepared(normal, principal(normal), principal(bent(normal)))


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


def bent(a: Array) -> Array:
    """Return `a` (n, d) beside products of two columns, log |a| and columns scaled by |a|.

    Second-order terms see signals in magnitudes; the scaled columns see a common scale, as of
    heavy-tailed or depth-dependent rows, and turns that grow with the distance from the centre.
    """
    core = a if a.shape[1] <= MAX_BENT else _leading(a)
    size = (core**2).mean(1, keepdims=True)
    logarithm = np.log(size + 0.1)
    return np.hstack([a, products(core, MAX_PRODUCTS), logarithm, core * logarithm, core * size])


def products(columns: Array, most: int) -> Array:
    """Return all products of two columns, or where there are more than `most`, the squares."""
    if columns.shape[1] > most:
        return columns**2
    i, j = np.triu_indices(columns.shape[1])
    return columns[:, i] * columns[:, j]


def _leading(a: Array) -> Array:
    centred = a - a.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(a))
    leading = centred @ axes[:, -MAX_BENT:]
    return np.asarray(leading / np.sqrt(np.maximum(variances[-MAX_BENT:], 1e-12)))
