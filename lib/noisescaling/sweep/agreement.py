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
    rng = np.random.default_rng(seed)
    observed = _correlation(x, y, codes)
    if np.isnan(observed):
        raise ValueError(
            "first or second is the same for all points of each group; it ranks nothing"
        )
    drawn = [_resampled(x, y, codes, rng) for _ in range(n_draws)]
    paired = [_correlation(x, _shuffled(y, codes, rng), codes) for _ in range(n_draws)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    at_chance = (1 + sum(value >= observed - 1e-12 for value in paired)) / (1 + n_draws)
    return Agreement(observed, float(low), float(high), float(at_chance), n)


def _correlation(x: FloatArray, y: FloatArray, codes: NDArray[np.intp]) -> float:
    a, b = _centred_ranks(x, codes), _centred_ranks(y, codes)
    spread = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / spread) if spread > 0 else float("nan")


def _centred_ranks(values: FloatArray, codes: NDArray[np.intp]) -> FloatArray:
    ranks = np.empty(len(values))
    for code in np.unique(codes):
        inside = codes == code
        found = rankdata(values[inside])
        ranks[inside] = found - found.mean()
    return ranks


def _resampled(
    x: FloatArray, y: FloatArray, codes: NDArray[np.intp], rng: np.random.Generator
) -> float:
    """Return the correlation of points drawn with replacement within each group."""
    rows = np.concatenate(
        [
            rng.choice(np.flatnonzero(codes == code), (codes == code).sum())
            for code in np.unique(codes)
        ]
    )
    return _correlation(x[rows], y[rows], codes[rows])


def _shuffled(y: FloatArray, codes: NDArray[np.intp], rng: np.random.Generator) -> FloatArray:
    mixed = y.copy()
    for code in np.unique(codes):
        inside = np.flatnonzero(codes == code)
        mixed[inside] = y[rng.permutation(inside)]
    return mixed
