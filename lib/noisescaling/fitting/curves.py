"""The noise law fitted to every curve of a tidy table at once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from noisescaling.fitting.engine import Batch, best_of_starts, covariance
from noisescaling.fitting.law import FloatArray, Law
from noisescaling.fitting.laws import noise_law
from noisescaling.fitting.points import group_batch
from noisescaling.fitting.profile import profile_limits
from noisescaling.fitting.result import LawFit, fits_of
from noisescaling.fitting.verdict import check_level, judge


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
        One row a point: columns `u` (or `umis_per_cell`), `bits` (or `mi_value`) and `by`; for a
        law of cells `n` (or `size`, `n_samples`) too. No capacity exceeds the column `entropy`,
        where there is one: that of the labels, in bits, missing for signals that are no labels.
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
    """
    check_level(level)
    keys = [by] if isinstance(by, str) else list(by)
    batch, groups = group_batch(frame, keys, law, errors=errors)
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


def _row(fit: LawFit, errors: list[float], limits: FloatArray) -> dict[str, object]:
    intervals = fit.law.by_name(limits)
    verdict = judge(fit, intervals)
    ends: dict[str, float] = {}
    for name, (low, high) in intervals.items():
        ends |= {f"{name}_low": low, f"{name}_high": high}
    return {
        **fit.shown(intervals),
        **{f"{name}_se": error for name, error in zip(intervals, errors, strict=True)},
        "r_squared": fit.r_squared,
        "n_points": fit.n_points,
        "identifiable": verdict.identified and not verdict.rejected,
        **ends,
        "sigma": fit.sigma,
        "aicc": fit.aicc,
        "identified": verdict.identified,
        "rejected": verdict.rejected,
        "p_value": np.nan if verdict.p_value is None else verdict.p_value,
        "reason": verdict.reason,
    }


def fit_groups(
    frame: pd.DataFrame,
    by: Sequence[str],
    law: Law,
    *,
    errors: str | None = None,
) -> list[tuple[dict[str, object], LawFit]]:
    """Return the `by` values and the fit of each group of a tidy table, sorted."""
    batch, groups = group_batch(frame, by, law, errors=errors)
    return list(zip(groups, fits_of(batch, *best_of_starts(batch)), strict=True))
