"""The noise law fitted to every curve of a tidy table at once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from noisescaling._checks import finite, positive
from noisescaling.fitting import catalogue, verdict
from noisescaling.fitting.engine import Batch, best_of_starts, covariance
from noisescaling.fitting.fit import check_enough
from noisescaling.fitting.law import Law
from noisescaling.fitting.laws import FloatArray
from noisescaling.fitting.profile import profile_limits

#: The columns in which a law's inputs and the bits are looked for, in this order.
_COLUMNS = {
    "u": ("u", "umis_per_cell", "quality"),
    "n": ("n", "size", "n_samples"),
    "bits": ("bits", "mi_value"),
}


def fit_curves(
    frame: pd.DataFrame,
    by: str | Sequence[str],
    *,
    level: float = 0.95,
    law: Law = catalogue.NOISE,
    errors: str | None = None,
) -> pd.DataFrame:
    """Fit the noise law to each group of a tidy table; capacities in bits.

    Parameters
    ----------
    frame
        One row a point: columns `u` (or `umis_per_cell`), `bits` (or `mi_value`) and `by`; for a
        law of cells `n` (or `size`, `n_samples`) too.
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
        in bits), `aicc` and `reason`.

    Raises
    ------
    ValueError
        If a column is missing, a value is not finite, `u` is not above 0, or a group has too few
        points.
    """
    verdict.check_level(level)
    keys = [by] if isinstance(by, str) else list(by)
    batch, groups = group_batch(frame, keys, law, errors=errors)
    named = pd.DataFrame(groups, columns=keys)
    return pd.concat([named, pd.DataFrame(_rows(batch, level))], axis=1)


def _rows(batch: Batch, level: float) -> list[dict[str, object]]:
    """Fit every row of a batch, and tell what came out."""
    law = batch.law
    theta, cost = best_of_starts(batch)
    dof = (batch.root_weights > 0).sum(axis=1) - len(law.parameters)
    spread = covariance(batch, theta, cost / dof)
    limits = profile_limits(batch, theta, cost, spread, dof, level)
    values, standard = law.outward(theta), np.sqrt(np.einsum("bii->bi", spread))
    told = zip(values, standard, limits, cost.tolist(), strict=True)
    return [_row(law, batch, i, *row) for i, row in enumerate(told)]


def group_batch(
    frame: pd.DataFrame,
    by: Sequence[str],
    law: Law,
    *,
    errors: str | None = None,
    check: bool = True,
) -> tuple[Batch, list[tuple[object, ...]]]:
    """Return the groups of a table as one batch, and the `by` values of its rows, sorted.

    With `check`, a group with too few points for a fit is refused.
    """
    named = {name: _column(frame, _COLUMNS[name]) for name in (*law.inputs, "bits")}
    for column in by:
        missing = int(frame[_column(frame, (column,))].isna().sum())
        if missing:
            raise ValueError(f"{column} is missing in {missing} of {len(frame)} rows; fill it in")
    inputs = tuple(positive(named[name], frame[named[name]]) for name in law.inputs)
    bits = finite(named["bits"], frame[named["bits"]])
    root = np.ones(len(bits))
    if errors is not None:
        root = 1 / positive(errors, frame[_column(frame, (errors,))])
    if not len(bits):
        raise ValueError("frame has 0 rows; give at least one curve")
    groups, members = [], []
    for key, part in frame.reset_index(drop=True).groupby(list(by), sort=True):
        index = part.index.to_numpy()
        group = key if isinstance(key, tuple) else (key,)
        if check:
            told = ", ".join(f"{c} = {v}" for c, v in zip(by, group, strict=True))
            check_enough(law, tuple(x[index] for x in inputs), bits[index], told)
        groups.append(group)
        members.append(index)
    return _padded(law, inputs, bits, root, members), groups


def _padded(
    law: Law,
    inputs: tuple[FloatArray, ...],
    bits: FloatArray,
    root: FloatArray,
    members: list[np.ndarray],
) -> Batch:
    longest = max(len(index) for index in members)

    def rows(values: FloatArray, fill: float) -> FloatArray:
        tails = [np.full(longest - len(index), fill) for index in members]
        joined = zip(members, tails, strict=True)
        return np.stack([np.append(values[index], tail) for index, tail in joined])

    padded = tuple(rows(x, 1.0) for x in inputs)
    weights = rows(root, 0.0)
    # Weights have mean one in each row, so that the residual variance stays in bits squared.
    weights /= np.sqrt(np.square(weights).sum(axis=1) / (weights > 0).sum(axis=1))[:, None]
    return Batch(law, padded, rows(bits, 0.0), weights)


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
    inputs, bits = tuple(x[i, used] for x in batch.inputs), batch.bits[i, used]
    parameters = dict(zip(law.names, values.tolist(), strict=True))
    intervals = {name: (float(a), float(b)) for name, (a, b) in zip(law.names, limits, strict=True)}
    why = verdict.reason(intervals, parameters, inputs[-1])
    scale = [v if p.log else 1.0 for p, v in zip(law.parameters, values, strict=True)]
    return {
        **parameters,
        **{f"{n}_se": float(e * s) for n, e, s in zip(law.names, errors, scale, strict=True)},
        "r_squared": verdict.r_squared(bits, bits - law.function(*inputs, *values)),
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
