"""Tests: whether a law fits as well as repeats allow, and whether two models differ."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as students_t

from noisescaling._checks import same_length
from noisescaling.fitting.curves import fit_groups
from noisescaling.fitting.law import Law
from noisescaling.fitting.verdict import lack_of_fit_test


def lack_of_fit(frame: pd.DataFrame, by: Sequence[str], law: Law) -> pd.DataFrame:
    """F test of each curve: whether its misfit is more than repeats at one place scatter.

    Parameters
    ----------
    frame, by
        As for `fit_curves`; repeats are points with the same inputs.
    law
        The law.

    Returns
    -------
    tests
        One row a curve: the `by` columns, misfit (bits; what is left of the misfit when the
        scatter of repeats is taken off, 0 if nothing), scatter (bits, of repeats), f, p_value.
        Curves without repeats, or with no more places than parameters, are left out.
    """
    tests = [{**group, **lack_of_fit_test(fit)} for group, fit in fit_groups(frame, by, law)]
    return pd.DataFrame([row for row in tests if "f" in row])


def mean_interval(
    values: Sequence[float], data_sets: Sequence[object] | None = None
) -> tuple[float, float, float]:
    """Return the mean of a few independent values and its 95 % Student t interval.

    Parameters
    ----------
    values
        The values.
    data_sets
        Data set of each value. Several signals of one data set share its cells, so that a data
        set counts once, with the mean of its values; each value by itself where left out.

    Raises
    ------
    ValueError
        If there are fewer than two independent values.
    """
    array = np.asarray(values, dtype=np.float64)
    if data_sets is not None:
        same_length(values=array, data_sets=list(data_sets))
        array = pd.Series(array).groupby(list(data_sets)).mean().to_numpy()
    if len(array) < 2:
        raise ValueError(f"{len(array)} values have no interval; give at least 2")
    half = students_t.ppf(0.975, len(array) - 1) * array.std(ddof=1) / len(array) ** 0.5
    return float(array.mean()), float(array.mean() - half), float(array.mean() + half)


def contrast(
    fits: pd.DataFrame, by: Sequence[str], column: str, one: str, other: str, *, ratio: bool
) -> pd.DataFrame:
    """Compare a parameter of two models, curve by curve, with 95 % intervals.

    Parameters
    ----------
    fits
        Table of `fit_curves` with a column `model`.
    by
        Columns that pair the curves.
    column
        The parameter.
    one, other
        Models; the result is `one` less `other`, or `one` over `other`.
    ratio
        Compare by ratio (parameters above 0) instead of by difference.

    Returns
    -------
    contrasts
        One row a pair that has both values: the `by` columns, estimate, low, high: from the two
        profile intervals, taken as independent (each side's half-widths added in quadrature).
    """
    pair = [fits[fits["model"] == name].set_index(list(by)) for name in (one, other)]
    joined = pair[0].join(pair[1], lsuffix="_a", rsuffix="_b", how="inner")
    names = [f"{column}{part}" for part in ("", "_low", "_high")]
    # Of a parameter that ran to a bound there is no value to compare.
    values = joined[[f"{column}_a", f"{column}_b"]]
    joined = joined[(np.isfinite(values) & (values > 0)).all(axis=1)]
    a, low_a, high_a = (joined[f"{name}_a"].to_numpy() for name in names)
    b, low_b, high_b = (joined[f"{name}_b"].to_numpy() for name in names)
    if ratio:
        with np.errstate(divide="ignore"):
            a, low_a, high_a, b, low_b, high_b = map(np.log, (a, low_a, high_a, b, low_b, high_b))
    table = pd.DataFrame(
        {
            "estimate": a - b,
            "low": a - b - np.hypot(a - low_a, high_b - b),
            "high": a - b + np.hypot(high_a - a, b - low_b),
        },
        index=joined.index,
    )
    return (np.exp(table) if ratio else table).reset_index()
