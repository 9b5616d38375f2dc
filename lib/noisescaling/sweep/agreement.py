"""How well one measure ranks models and depths as another does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from noisescaling._checks import finite, same_length, whole

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Rank agreement of two measures.

    Attributes
    ----------
    correlation
        Spearman's rank correlation, between -1 and 1; within the groups, where there are groups.
    low, high
        Interval of 95 % of `correlation`, from a bootstrap of the points.
    p_value
        Share of random pairings, within the groups, that agree as well or better.
    n_points
        Number of points.
    """

    correlation: float
    low: float
    high: float
    p_value: float
    n_points: int


def rank_agreement(
    first: ArrayLike,
    second: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    n_draws: int = 2000,
    seed: int = 0,
) -> Agreement:
    """Spearman's rank correlation of two measures of the same points, with an interval.

    With `groups`, ranks are taken within each group and centred there, so that what makes groups
    differ (say the depth) does not count, only the order inside them (the models).

    Parameters
    ----------
    first, second
        The two measures, shape (n,).
    groups
        A code for each point, shape (n,); one group where None.
    n_draws
        Bootstrap samples, and random pairings.
    seed
        Seed of both.

    Raises
    ------
    ValueError
        If lengths differ, a value is NaN or infinite, there are fewer than 4 points, or a measure
        is the same for all points of each group.
    """
    x, y = finite("first", first, ndim=1), finite("second", second, ndim=1)
    codes = (
        np.zeros(len(x), dtype=int) if groups is None else np.unique(groups, return_inverse=True)[1]
    )
    n = whole("number of points", same_length(first=x, second=y, groups=codes), at_least=4)
    observed = float(_correlations(x[None], y[None], codes)[0])
    if np.isnan(observed):
        raise ValueError(
            "first or second is the same for all points of each group; it ranks nothing"
        )
    rng = np.random.default_rng(seed)
    inside = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    still = np.tile(np.concatenate(inside), (n_draws, 1))
    drawn = np.hstack([rng.choice(rows, (n_draws, len(rows))) for rows in inside])
    mixed = np.hstack([rng.permuted(np.tile(rows, (n_draws, 1)), axis=1) for rows in inside])
    low, high = np.nanquantile(_correlations(x[drawn], y[drawn], codes[still[0]]), [0.025, 0.975])
    chance = _correlations(x[still], y[mixed], codes[still[0]])
    p_value = (1 + int((chance >= observed - 1e-12).sum())) / (1 + n_draws)
    return Agreement(observed, float(low), float(high), p_value, n)


def _correlations(x: FloatArray, y: FloatArray, codes: NDArray[np.intp]) -> FloatArray:
    """Return one correlation for each row of x and y, (n_draws, n); NaN where nothing varies."""
    a, b = _centred_ranks(x, codes), _centred_ranks(y, codes)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    products = (a * b).sum(axis=1)
    return np.asarray(np.divide(products, spread, out=np.full(len(a), np.nan), where=spread > 0))


def _centred_ranks(values: FloatArray, codes: NDArray[np.intp]) -> FloatArray:
    ranks = np.empty(values.shape)
    for code in np.unique(codes):
        inside = codes == code
        found = rankdata(values[:, inside], axis=1)
        ranks[:, inside] = found - found.mean(axis=1, keepdims=True)
    return ranks
