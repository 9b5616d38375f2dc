"""Tidy tables of measured points: every curve fitted at once, laws compared, and the whole told."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from noisescaling._checks import between_0_and_1, finite, positive
from noisescaling.fitting.fit import LawFit, fits_of
from noisescaling.fitting.forecast import forecast
from noisescaling.fitting.intervals import profile_limits
from noisescaling.fitting.laws import Array, Law, noise_law
from noisescaling.fitting.solve import Batch, best_of_starts, covariance, gather
from noisescaling.fitting.verdict import judge

#: The columns in which a law's inputs and the bits are looked for, in this order.
_COLUMNS = {
    "u": ("u", "umis_per_cell", "quality"),
    "n": ("n", "size", "n_samples"),
    "bits": ("bits", "mi_value"),
}
#: The columns of the tidy table that tell one curve from another.
_CURVE = ("dataset", "signal", "model", "n_samples", "quality_unit")
_ENDS = ((0, "low"), (1, "high"))
#: How many times the best measured quality a report looks ahead.
_AHEAD = (2.0, 4.0, 10.0)


def fit_curves(
    frame: pd.DataFrame,
    by: str | Sequence[str],
    *,
    level: float = 0.95,
    law: Law = noise_law,
    errors: str | None = None,
) -> pd.DataFrame:
    """Fit the noise law to each group of a tidy table; capacities in bits.

    Parameters
    ----------
    frame
        One row a point: columns `u` (or `umis_per_cell`, `quality`), `bits` (or `mi_value`) and
        `by`; for a law of cells `n` (or `size`, `n_samples`) too. No capacity exceeds the column
        `entropy`, where there is one: that of the labels, in bits, missing for signals that are no
        labels.
    by
        Columns whose values tell the curves apart.
    level
        Level of the profile-likelihood intervals.
    law
        Another law, if not the noise law.
    errors
        Column with the standard error of each point, for weights 1/error^2; none when left out.

    Returns
    -------
    fits
        One row a group: the `by` columns; each parameter and its standard error (`u_bar`,
        `i_max`, `u_bar_se`, `i_max_se`), `r_squared`, `n_points`, `identifiable`, then
        `u_bar_low`, `u_bar_high`, `i_max_low`, `i_max_high` (profile interval), `sigma` (scatter
        in bits), `aicc`, the verdict (`identified`, `rejected`, `p_value`; see `Verdict`) and
        `reason`. A parameter that ran to a bound of the search, where the data set it no end, is
        shown as that end (0 or infinity), not as the bound.

    Raises
    ------
    ValueError
        If a column is missing, a value is not finite, `u` is not above 0, or a group has too few
        points.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 6)
    >>> points = pd.DataFrame({"model": "PCA", "quality": u, "bits": fitting.noise_law(u, 50, 2)})
    >>> fitting.fit_curves(points, "model")[["model", "u_bar", "i_max"]].round(2)
      model  u_bar  i_max
    0   PCA   50.0    2.0
    """
    between_0_and_1(level=level)
    keys = [by] if isinstance(by, str) else list(by)
    batch, groups = _group_batch(frame, keys, law, errors)
    return pd.concat([pd.DataFrame(groups), fit_table(batch, level)], axis=1)


def fit_table(batch: Batch, level: float) -> pd.DataFrame:
    """Fit every row of a batch, and tabulate what came out."""
    theta, cost = best_of_starts(batch)
    spread = covariance(batch, theta, cost / batch.degrees_of_freedom)
    limits = profile_limits(batch, theta, cost, spread, level)
    slopes = batch.law.slopes(batch.law.outward(theta))
    errors = (np.sqrt(np.einsum("bii->bi", spread)) * slopes).tolist()
    told = zip(fits_of(batch, theta, cost), errors, limits, strict=True)
    return pd.DataFrame([_row(*row) for row in told])


def _row(fit: LawFit, errors: list[float], limits: Array) -> dict[str, object]:
    intervals = fit.law.by_name(limits)
    verdict = judge(fit, intervals)
    return {
        **fit.shown(intervals),
        **{f"{name}_se": error for name, error in zip(intervals, errors, strict=True)},
        "r_squared": fit.r_squared,
        "n_points": fit.n_points,
        "identifiable": verdict.identified and not verdict.rejected,
        **{f"{name}_{end}": ends[i] for name, ends in intervals.items() for i, end in _ENDS},
        "sigma": fit.sigma,
        "aicc": fit.aicc,
        "identified": verdict.identified,
        "rejected": verdict.rejected,
        "p_value": np.nan if verdict.p_value is None else verdict.p_value,
        "reason": verdict.reason,
    }


def fit_groups(
    frame: pd.DataFrame, by: Sequence[str], law: Law, *, errors: str | None = None
) -> list[tuple[dict[str, object], LawFit]]:
    """Return the `by` values and the fit of each group of a tidy table, sorted.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 6)
    >>> points = pd.DataFrame({"model": "PCA", "quality": u, "bits": fitting.noise_law(u, 50, 2)})
    >>> [(told, fit)] = fitting.fit_groups(points, ["model"], fitting.noise_law)
    >>> told, round(fit.i_max, 2)
    ({'model': 'PCA'}, 2.0)
    """
    batch, groups = _group_batch(frame, by, law, errors)
    return list(zip(groups, fits_of(batch, *best_of_starts(batch)), strict=True))


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

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 8)
    >>> points = pd.DataFrame({"model": "PCA", "quality": u, "bits": fitting.noise_law(u, 50, 2)})
    >>> laws = [fitting.noise_law, fitting.LAWS["log_linear_law"]]
    >>> compared = fitting.compare_laws(points, ["model"], laws)
    >>> compared.loc[compared["delta"] == 0, "law"].tolist()
    ['noise_law']
    """
    rows = [
        {**group, "law": law.name, "aicc": fit.aicc, "r_squared": fit.r_squared}
        for law in laws
        for group, fit in fit_groups(frame, by, law)
    ]
    table = pd.DataFrame(rows)
    table["delta"] = table["aicc"] - table.groupby(list(by))["aicc"].transform("min")
    return table


def report(points: pd.DataFrame) -> pd.DataFrame:
    """Law, verdict and forecast of every curve of a table of measured points, in bits.

    Parameters
    ----------
    points
        The tidy table, or any with columns for `fit_curves`. Rows with a `status` other than "ok"
        are left out. What tells the curves apart are dataset, signal, model, n_samples and
        quality_unit, as far as they are there.

    Returns
    -------
    report
        One row a curve: what it is, then the columns of `fit_curves`; the measured range
        (`measured_low`, `measured_high`); for 2, 4 and 10 times the best measured quality the
        forecast and its 90 % interval (`ahead_2`, `ahead_2_low`, `ahead_2_high`, and so on).

    Raises
    ------
    ValueError
        If no row is left, or as for `fit_curves`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 6)
    >>> points = pd.DataFrame({"model": "PCA", "quality": u, "bits": fitting.noise_law(u, 50, 2)})
    >>> fitting.report(points)[["model", "i_max", "ahead_10"]].round(1)
      model  i_max  ahead_10
    0   PCA    2.0       2.0
    """
    good = points[points["status"] == "ok"] if "status" in points else points
    by = [column for column in _CURVE if column in good] or ["curve"]
    good = good.assign(curve="all") if by == ["curve"] else good
    ahead = [_looking_ahead(fit) for _, fit in fit_groups(good, by, noise_law)]
    return pd.concat([fit_curves(good, by), pd.DataFrame(ahead)], axis=1)


def _looking_ahead(fit: LawFit) -> dict[str, float]:
    low, high = fit.measured
    found = forecast(fit, high * np.array(_AHEAD))
    row = {"measured_low": low, "measured_high": high}
    for times, *told in zip(_AHEAD, found.bits, found.low, found.high, strict=True):
        ends = zip(("", "_low", "_high"), map(float, told), strict=True)
        row |= {f"ahead_{times:g}{end}": bits for end, bits in ends}
    return row


def _group_batch(
    frame: pd.DataFrame, by: Sequence[str], law: Law, errors: str | None
) -> tuple[Batch, list[dict[str, object]]]:
    """Return the groups of a table as one batch, and the `by` values of its rows, sorted."""
    inputs, bits = frame_points(frame, law)
    for column in by:
        missing = int(frame[_column(frame, (column,))].isna().sum())
        if missing:
            raise ValueError(f"{column} is missing in {missing} of {len(frame)} rows; fill it in")
    scatter = np.ones(len(bits))
    if errors is not None:
        scatter = positive(errors, frame[_column(frame, (errors,))])
    if not len(bits):
        raise ValueError("frame has 0 rows; give at least one curve")
    groups, members = [], []
    for key, part in frame.reset_index(drop=True).groupby(list(by), sort=True):
        groups.append({str(c): v for c, v in zip(by, key, strict=True)})
        named = ", ".join(f"{c} = {v}" for c, v in groups[-1].items())
        members.append((f"{named}: ", part.index.to_numpy()))
    return gather(law, inputs, bits, scatter, _entropies(frame), members), groups


def _entropies(frame: pd.DataFrame) -> Array:
    """The most that the capacity of each row's curve may be, in bits; infinite for no labels."""
    if "entropy" not in frame:
        return np.full(len(frame), np.inf)
    given = frame["entropy"].to_numpy(np.float64)
    return np.where(np.isnan(given), np.inf, positive("entropy", np.nan_to_num(given, nan=1.0)))


def frame_points(frame: pd.DataFrame, law: Law) -> tuple[tuple[Array, ...], Array]:
    """Return the law's inputs and the bits of a tidy table's rows, each of shape (n_rows,)."""
    *inputs, bits = (_column(frame, _COLUMNS[name]) for name in (*law.inputs, "bits"))
    return tuple(positive(name, frame[name]) for name in inputs), finite(bits, frame[bits])


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> str:
    """Return the first of the names that is a column of the table."""
    for name in names:
        if name in frame.columns:
            return name
    have = ", ".join(map(str, frame.columns))
    raise ValueError(f"frame has no column {' or '.join(names)}; its columns are {have}")
