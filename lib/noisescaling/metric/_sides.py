"""One side of the data made ready for all fits; none of it looks at the other side."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Scatter that breaks ties, on margins of unit variance.
TIE_SCATTER = 1e-6
#: Principal axes kept at most, whatever the number of columns; a third of the rows at most.
MAX_AXES = 2_048
#: Columns that get bent copies; of more, the principal axes with the largest variance do.
MAX_BENT = 32
#: Columns up to which all of them stand beside the bent ones; of more, those that are bent.
MAX_BESIDE = 200
#: Share of variance that rounding may leave on axes that hold none.
ROUNDING = 1e-6
#: Columns up to which all products of two are taken, not the squares alone.
MAX_PRODUCTS = 8


@dataclass(frozen=True)
class Side:
    """One side's columns on their principal axes: scores (n, p) and their variances (p,).

    `cut` is the share of variance on axes that were left out, for want of rows or memory.

    This looks at one side alone, never at the pairing, so it may use all rows.
    """

    scores: Array
    variances: Array
    cut: float = 0.0


def principal(columns: Array) -> Side:
    """Return standardized `columns` (n, d) on the principal axes that carry variance."""
    n = len(columns)
    centred = columns - columns.mean(0)
    spread = centred.std(0)
    kept = spread > 1e-9 * max(float(spread.max()), 1e-300)
    scaled = centred[:, kept] / spread[kept]
    variances, axes = np.linalg.eigh(scaled.T @ scaled / n)
    best = np.flatnonzero(variances > 1e-9 * variances[-1])[-min(MAX_AXES, max(n // 3, 1)) :]
    cut = 1 - float(variances[best].sum() / variances.sum())
    return Side(scaled @ axes[:, best], variances[best], cut)


@dataclass(frozen=True)
class Prepared:
    """One side of the data.

    Attributes
    ----------
    plain
        Its columns as they are, standardized, on their principal axes, shape (n, p).
    normal
        Its columns with normal margins, shape (n, d).
    linear, bent
        These, and these beside their bent copies, on principal axes.
    groups
        The number of the distinct row that each row equals, shape (n,).
    """

    plain: Array
    normal: Array
    linear: Side
    bent: Side
    groups: Rows

    @property
    def few(self) -> Array:
        """The columns of normal margins on principal axes of unit variance, shape (n, p)."""
        return np.asarray(self.linear.scores / np.sqrt(self.linear.variances))

    @property
    def tied(self) -> float:
        """Share of rows that equal another."""
        return float((np.bincount(self.groups)[self.groups] > 1).mean())


def prepare(values: Array) -> Prepared | None:
    """Return one side, values (n, d), made ready for all fits; None of a constant."""
    varying = values[:, np.ptp(values, axis=0) > 0]
    if varying.shape[1] == 0:
        return None
    plain, cut = whitened(varying)
    # Margins of many columns that hold few axes would bend these into more of them. Rounding keeps
    # rows tied. Columns of more axes than the rows allow stay as they are, and their cut is told.
    few = cut < ROUNDING and plain.shape[1] < varying.shape[1] > MAX_BENT
    normal = to_normal(np.round(plain, 9) if few else varying)
    linear, curved = principal(normal), principal(bent(normal))
    return Prepared(plain, normal, linear, curved, row_groups(values))


def whitened(values: Array) -> tuple[Array, float]:
    """Return values (n, d) of any size on principal axes of unit variance, and the share cut."""
    largest = np.abs(values).max(0)
    side = principal(values / np.where(largest > 0, largest, 1))
    return np.asarray(side.scores / np.sqrt(side.variances)), side.cut


def row_groups(values: Array) -> Rows:
    """Number the rows of values (n, d), equal ones alike, (n,)."""
    texts = [row.tobytes() for row in values + 0.0]  # which makes -0.0 equal 0.0
    return np.asarray(pd.factorize(np.array(texts, dtype=object))[0], dtype=np.int64)


def spread(latents: Array, groups: Rows, rng: np.random.Generator) -> Array:
    """Return latents (n, m) with normal margins, and rows that are tied scattered at random.

    A tied row keeps the latents of its own fold. A mean over tied rows would take in folds whose
    directions were learned from this very row, and that would count as information.
    """
    tied = len(groups) > groups.max() + 1
    scatter = TIE_SCATTER * rng.standard_normal(latents.shape) if tied else 0.0
    return to_normal(latents) + scatter


def to_normal(values: Array) -> Array:
    """Return each column of values (n, d) as normal scores; ties share their mean score.

    Mutual information does not change under such monotone maps. A constant column becomes 0.
    """
    scores = np.empty(values.shape)
    for column, out in zip(values.T, scores.T, strict=True):  # all at once would take much memory
        out[:] = ndtri((rankdata(column) - 0.5) / len(values))
    return scores


def bent(a: Array) -> Array:
    """Return `a` (n, d) beside products of two columns, log |a| and columns scaled by |a|.

    Second-order terms see signals in magnitudes; the scaled columns see a common scale, as of
    heavy-tailed or depth-dependent rows, and turns that grow with the distance from the centre.
    """
    core = a if a.shape[1] <= MAX_BENT else _leading(a)
    a = core if a.shape[1] > MAX_BESIDE else a
    size = (core**2).mean(1, keepdims=True)
    logarithm = np.log(size + 0.1)
    return np.hstack([a, products(core), logarithm, core * logarithm, core * size])


def products(columns: Array) -> Array:
    """Return all products of two columns, or of more than `MAX_PRODUCTS` the squares."""
    if columns.shape[1] > MAX_PRODUCTS:
        return columns**2
    i, j = np.triu_indices(columns.shape[1])
    return columns[:, i] * columns[:, j]


def _leading(a: Array) -> Array:
    centred = a - a.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(a))
    leading = centred @ axes[:, -MAX_BENT:]
    return np.asarray(leading / np.sqrt(np.maximum(variances[-MAX_BENT:], 1e-12)))
