"""How the study compares: held-out points, parameters of models, curves on one axis."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t as students_t

from noisescaling._checks import finite, positive, same_length
from noisescaling.fitting import Law, fit_groups, noise_law
from noisescaling.fitting.laws import Array
from noisescaling.fitting.solve import shortage
from noisescaling.fitting.tables import frame_points
from noisescaling.fitting.verdict import lack_of_fit_test

Split = Callable[[pd.DataFrame], "pd.Series[bool]"]


def hold_out(
    frame: pd.DataFrame,
    by: Sequence[str],
    laws: Iterable[Law],
    fitted: Split,
    asked: Split,
    *,
    errors: str | None = None,
) -> pd.DataFrame:
    """Errors, in bits, of laws fitted to some points of each curve and asked for others.

    Parameters
    ----------
    frame, by
        As for `fit_curves`.
    laws
        Laws of the same inputs.
    fitted, asked
        Each takes the points of one curve and marks those to fit, and those to predict. A curve
        is left out where a law has too few points to fit, or none are asked for.
    errors
        As for `fit_curves`.

    Returns
    -------
    errors
        One row a held-out point and law: the `by` columns, law, bits, error (predicted less
        measured).
    """
    laws = list(laws)
    groups = [part for _, part in frame.groupby(list(by)) if _enough(part, laws, fitted, asked)]
    if not groups:
        raise ValueError("no curve has enough points to fit and points to predict")
    train = pd.concat([group[fitted(group)] for group in groups])
    parts = []
    for law in laws:
        fits = fit_groups(train, by, law, errors=errors)
        for group, (named, fit) in zip(groups, fits, strict=True):
            inputs, bits = frame_points(group[asked(group)], law)
            misses = pd.DataFrame({"bits": bits, "error": fit.predict(*inputs) - bits})
            parts.append(misses.assign(**named, law=law.name))
    return pd.concat(parts, ignore_index=True)[[*by, "law", "bits", "error"]]


def _enough(group: pd.DataFrame, laws: list[Law], fitted: Split, asked: Split) -> bool:
    train = group[fitted(group)]
    short = not all(suffices(train, law) for law in laws)
    return bool(asked(group).any()) and not short


def last_value(
    frame: pd.DataFrame, by: Sequence[str], fitted: Split, asked: Split, columns: Sequence[str]
) -> pd.DataFrame:
    """Errors, in bits, of carrying on the mean at the fitted points with the largest `columns`.

    The rows are those of `hold_out`, with the law's name "last_value".
    """
    parts = []
    for key, group in frame.groupby(list(by)):
        train = group[fitted(group)]
        for column in columns:
            train = train[train[column] == train[column].max()]
        test = group.loc[asked(group), "bits"]
        named = {str(c): v for c, v in zip(by, key, strict=True)}
        errors = pd.DataFrame({"bits": test, "error": train["bits"].mean() - test})
        parts.append(errors.assign(**named, law="last_value"))
    return pd.concat(parts, ignore_index=True)[[*by, "law", "bits", "error"]]


def lowest_levels(count: int, column: str = "u") -> Split:
    """Split that marks the points at the `count` lowest levels of a column."""
    return lambda group: group[column].rank(method="dense") <= count


def highest_levels_beyond(count: int, column: str = "u") -> Split:
    """Split that marks the points above the `count` lowest levels of a column."""
    return lambda group: group[column].rank(method="dense") > count


def below(share: dict[str, float]) -> Split:
    """Split that marks the points at most `share` of the largest value, in every column named."""
    columns, part = list(share), pd.Series(share)
    return lambda group: (group[columns] <= group[columns].max() * part).all(axis=1)


def above(share: dict[str, float]) -> Split:
    """Split that marks the points at least `share` of the largest value, in every column named."""
    columns, part = list(share), pd.Series(share)
    return lambda group: (group[columns] >= group[columns].max() * part).all(axis=1)


def hold_out_summary(errors: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Median absolute error (bits) of each law: over all points, and over the curves' medians.

    Columns: law, pooled, median_curve, bias (median of the signed errors), wins (curves on which
    the law's median absolute error is the least), curves.
    """
    sized = errors.assign(size_of_error=errors["error"].abs())
    curves = sized.groupby([*by, "law"])["size_of_error"].median().reset_index()
    best = curves.loc[curves.groupby(list(by))["size_of_error"].idxmin(), "law"].value_counts()
    table = pd.DataFrame(
        {
            "pooled": sized.groupby("law")["size_of_error"].median(),
            "median_curve": curves.groupby("law")["size_of_error"].median(),
            "bias": errors.groupby("law")["error"].median(),
        }
    )
    table["wins"] = best.reindex(table.index).fillna(0).astype(int)
    table["curves"] = len(curves) // max(len(table), 1)
    return table.sort_values("pooled").reset_index()


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


def share_better(scores: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Return the share of curves in which each law has a lower AICc than the noise law.

    `scores` is a table of `compare_laws` of curves told apart by the columns `by`.
    """
    against = scores.pivot_table(index=list(by), columns="law", values="aicc")
    return against.lt(against["noise_law"], axis=0).mean()


def suffices(points: pd.DataFrame, law: Law) -> bool:
    """Tell whether a table of points holds enough of them, and of different places, for a fit."""
    return not shortage(law, frame_points(points, law)[0])


def mean_interval(
    values: ArrayLike, data_sets: Iterable[object] | None = None, *, ratio: bool = False
) -> tuple[float, float, float]:
    """Return the mean of a few independent values and its 95 % Student t interval.

    Parameters
    ----------
    values
        The values.
    data_sets
        Data set of each value. Several signals of one data set share its cells, so that a data
        set counts once, with the mean of its values; each value by itself where left out.
    ratio
        Whether the values are ratios, whose mean is the geometric one.

    Raises
    ------
    ValueError
        If there are fewer than two independent values.
    """
    array = np.asarray(values, dtype=np.float64)
    if ratio:
        mean, low, high = np.exp(mean_interval(np.log(array), data_sets))
        return float(mean), float(low), float(high)
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


def collapse(
    u: ArrayLike, bits: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike
) -> tuple[Array, Array]:
    r"""Bring points onto the axes on which the noise law is y = x/(1 + x).

    x = u/u_bar,    y = (2^(2 I) - 1) / (2^(2 I_max) - 1)

    Parameters
    ----------
    u, bits
        Quality and information (bits) of the points, any shapes that broadcast.
    u_bar, i_max
        Parameters of each point's own curve.

    Returns
    -------
    x, y
        Quality in units of the noise sensitivity, and the share of the channel's full
        signal-to-noise ratio that is reached.

    Raises
    ------
    ValueError
        If a value is not finite, or one but `bits` is not above 0.
    """
    x = positive("u", u) / positive("u_bar", u_bar)
    bits, i_max = finite("bits", bits), positive("i_max", i_max)
    # expm1 keeps the digits of curves that carry almost no information.
    y = np.expm1(2 * np.log(2) * bits) / np.expm1(2 * np.log(2) * i_max)
    return x, np.asarray(y)


def on_one_curve(points: pd.DataFrame, fits: pd.DataFrame, curve: Sequence[str]) -> pd.DataFrame:
    """Return the points of fitted curves with x and y of `collapse`, and miss.

    `points` have the columns of `curve`, u and bits; `fits` is a table of `fit_curves` by `curve`.
    The miss is measured less fitted bits.
    """
    joined = points.merge(fits[[*curve, "u_bar", "i_max"]], on=list(curve))
    parameters = joined["u_bar"], joined["i_max"]
    x, y = collapse(joined["u"], joined["bits"], *parameters)
    return joined.assign(x=x, y=y, miss=joined["bits"] - noise_law(joined["u"], *parameters))
