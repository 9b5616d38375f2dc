"""Rival laws on the same curves: Akaike's criterion, and predictions of points held out."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from noisescaling.fitting.curves import fit_groups
from noisescaling.fitting.law import Law
from noisescaling.fitting.points import frame_points, shortage

Split = Callable[[pd.DataFrame], "pd.Series[bool]"]


def compare_laws(frame: pd.DataFrame, by: Sequence[str], laws: Iterable[Law]) -> pd.DataFrame:
    """AICc and R^2 of each law on each curve; lower AICc is better.

    Parameters
    ----------
    frame, by
        As for `fit_curves`.
    laws
        Laws of the same inputs.

    Returns
    -------
    comparison
        One row a curve and law: the `by` columns, law, aicc, delta (AICc above the best law of
        that curve), r_squared.
    """
    rows = [
        {**group, "law": law.name, "aicc": fit.aicc, "r_squared": fit.r_squared}
        for law in laws
        for group, fit in fit_groups(frame, by, law)
    ]
    table = pd.DataFrame(rows)
    table["delta"] = table["aicc"] - table.groupby(list(by))["aicc"].transform("min")
    return table


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
    short = any(shortage(law, *frame_points(train, law)) for law in laws)
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
