"""The noise law fitted to every curve of a tidy table at once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from noisescaling._checks import finite, positive
from noisescaling.fitting import catalogue, verdict
from noisescaling.fitting.catalogue import Law
from noisescaling.fitting.engine import Batch, best_of_starts, covariance
from noisescaling.fitting.fit import check_enough
from noisescaling.fitting.laws import FloatArray
from noisescaling.fitting.profile import profile_limits


def fit_curves(
    frame: pd.DataFrame,
    by: str | Sequence[str],
    *,
    level: float = 0.95,
    law: Law = catalogue.NOISE,
) -> pd.DataFrame:
    """Fit the noise law to each group of a tidy table; capacities in bits.

    Parameters
    ----------
    frame
        One row a point: columns `u` (or `umis_per_cell`), `bits` (or `mi_value`) and `by`.
    by
        Columns whose values tell the curves apart.
    level
        Level of the profile-likelihood intervals.
    law
        Another law of one input, if not the noise law.

    Returns
    -------
    fits
        One row a group: the `by` columns; each parameter and its standard error (`u_bar`,
        `i_max`, `u_bar_se`, `i_max_se`), `r_squared`, `n_points`, `identifiable`, then
        `u_bar_low`, `u_bar_high`, `i_max_low`, `i_max_high` (profile interval), `sigma` (scatter
        in bits), `aicc` and `reason`.

    Raises
    ------
    ValueError
        If a column is missing, a value is not finite, `u` is not above 0, or a group has too few
        points.
    """
    verdict.check_level(level)
    keys = [by] if isinstance(by, str) else list(by)
    batch, groups = group_batch(frame, keys, law)
    theta, cost = best_of_starts(batch)
    n_points = (batch.root_weights > 0).sum(axis=1)
    dof = n_points - len(law.parameters)
    spread = covariance(batch, theta, cost / dof)
    limits = profile_limits(batch, theta, cost, spread, dof, level)
    values, errors = law.outward(theta), np.sqrt(np.einsum("bii->bi", spread))
    rows = [
        {
            **dict(zip(keys, group, strict=True)),
            **_row(law, batch, i, values[i], errors[i], limits[i], float(cost[i])),
        }
        for i, group in enumerate(groups)
    ]
    return pd.DataFrame(rows)


def group_batch(
    frame: pd.DataFrame, by: Sequence[str], law: Law
) -> tuple[Batch, list[tuple[object, ...]]]:
    """Return the groups of a table as one batch, and the `by` values of its rows."""
    u_name = _column(frame, ("u", "umis_per_cell"))
    bits_name = _column(frame, ("bits", "mi_value"))
    for column in by:
        _column(frame, (column,))
    u, bits = positive(u_name, frame[u_name]), finite(bits_name, frame[bits_name])
    if not len(bits):
        raise ValueError("frame has 0 rows; give at least one curve")
    groups, members = [], []
    for key, index in frame.reset_index(drop=True).groupby(list(by), sort=True).indices.items():
        group = key if isinstance(key, tuple) else (key,)
        told = ", ".join(f"{c} = {v}" for c, v in zip(by, group, strict=True))
        check_enough(law, (u[index],), bits[index], told)
        groups.append(group)
        members.append(index)
    return _padded(law, u, bits, members), groups


def _padded(law: Law, u: FloatArray, bits: FloatArray, members: list[np.ndarray]) -> Batch:
    shape = (len(members), max(len(index) for index in members))
    x, y, root = np.ones(shape), np.zeros(shape), np.zeros(shape)
    for i, index in enumerate(members):
        x[i, : len(index)], y[i, : len(index)] = u[index], bits[index]
        root[i, : len(index)] = 1.0
    return Batch(law, (x,), y, root)


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> str:
    for name in names:
        if name in frame.columns:
            return name
    have = ", ".join(map(str, frame.columns))
    raise ValueError(f"frame has no column {' or '.join(names)}; its columns are {have}")


def _row(
    law: Law,
    batch: Batch,
    i: int,
    values: FloatArray,
    errors: FloatArray,
    limits: FloatArray,
    cost: float,
) -> dict[str, object]:
    used = batch.root_weights[i] > 0
    u, bits = batch.inputs[0][i, used], batch.bits[i, used]
    parameters = dict(zip(law.names, values.tolist(), strict=True))
    intervals = {name: (float(a), float(b)) for name, (a, b) in zip(law.names, limits, strict=True)}
    why = verdict.reason(intervals, parameters, u)
    scale = [v if p.log else 1.0 for p, v in zip(law.parameters, values, strict=True)]
    return {
        **parameters,
        **{f"{n}_se": float(e * s) for n, e, s in zip(law.names, errors, scale, strict=True)},
        "r_squared": verdict.r_squared(bits, bits - law.function(u, *values)),
        "n_points": len(bits),
        "identifiable": not why,
        **{
            f"{n}_{end}": v
            for n, pair in intervals.items()
            for end, v in zip(("low", "high"), pair, strict=True)
        },
        "sigma": float(np.sqrt(cost / (len(bits) - len(values)))),
        "aicc": verdict.aicc(cost, len(bits), len(values)),
        "reason": why,
    }
