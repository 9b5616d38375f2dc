"""Information between halves beside labelled information: what is measured, and how both rank."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from noisescaling._checks import finite, positive, same_length, whole
from noisescaling.datasets import Dataset, Signal, load
from noisescaling.noise.noises import REPLICATE

#: What the column `model` calls the embedding that is the same for all cells.
CONSTANT = "constant"
FloatArray = NDArray[np.float64]


class Constant:
    """A representation that maps every cell to one point."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, data: Any) -> Self:
        """Learn nothing."""
        return self

    def embed(self, data: Any) -> FloatArray:
        """Return zeros of shape (n_cells, 2)."""
        return np.zeros((data.shape[0], 2))


def with_batches(
    dataset: str, *, n_batches: int = 3, spread: float = 1.0, **settings: Any
) -> Dataset:
    """Return a data set of which each batch loses molecules of each gene at a rate of its own.

    Cells go to batches at random, so the batch says nothing of the biology. In a batch each gene is
    caught with a probability whose logarithm varies by `spread` between batches, at most 1. Both
    halves of a cell share it.

    Parameters
    ----------
    dataset
        A name that `datasets.load` knows.
    n_batches
        Number of batches, at least 2.
    spread
        Standard deviation of the log rate, above 0.
    settings
        Those of the data set.

    Returns
    -------
    The data set with fewer molecules and the label signal "batch" besides its own.
    """
    whole("n_batches", n_batches, at_least=2)
    positive("spread", spread)
    clean: Dataset = load(dataset, **settings)
    rng = np.random.default_rng(0)
    n_cells, n_genes = clean.counts.shape
    batch = rng.integers(0, n_batches, n_cells)
    logs = rng.normal(0.0, spread, (n_batches, n_genes))
    caught = np.exp(logs - logs.max(axis=0))
    counts = clean.counts.toarray() if sp.issparse(clean.counts) else clean.counts
    signals = dict(clean.signals) | {
        "batch": Signal("batch", np.arange(n_cells), batch, kind="label")
    }
    return replace(clean, observed=rng.binomial(counts, caught[batch]), signals=signals)


def agreements(table: pd.DataFrame) -> pd.DataFrame:
    """Return how well replicate bits rank as each signal's bits do, one row a data set and signal.

    Ranks are of bits averaged over seeds. The constant embedding, which any measure puts last, is
    left out. `everything` ranks all models and depths together, `models` the models at one depth,
    `depths` the depths of one model.

    Parameters
    ----------
    table
        The tidy table of both noises, "downsample" and "halves".

    Returns
    -------
    Columns `dataset`, `signal`, `ranked`, `correlation`, `low`, `high`, `p_value`, `n_points`.
    """
    good = table[(table["status"] == "ok") & (table["model"] != CONSTANT)]
    mean = good.groupby(["dataset", "signal", "model", "quality"])["bits"].mean()
    rows = []
    for (dataset, signal), labelled in mean.groupby(level=["dataset", "signal"], sort=False):
        if signal == REPLICATE:
            continue
        pair = pd.concat(
            [labelled.droplevel(["dataset", "signal"]), mean[dataset, REPLICATE]],
            axis=1, keys=["labelled", "replicate"], join="inner",
        ).reset_index()  # fmt: skip
        for ranked, groups in (("everything", None), ("models", "quality"), ("depths", "model")):
            codes = None if groups is None else pair[groups].to_numpy()
            found = rank_agreement(pair["replicate"], pair["labelled"], codes)
            rows.append({"dataset": dataset, "signal": signal, "ranked": ranked} | vars(found))
    return pd.DataFrame(rows)


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
