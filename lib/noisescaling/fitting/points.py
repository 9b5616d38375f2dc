"""Measured points, checked, as the batches that the engine fits."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from noisescaling._checks import above_zero, finite, positive, same_length
from noisescaling.fitting.engine import Batch
from noisescaling.fitting.law import FloatArray, Law

#: The columns in which a law's inputs and the bits are looked for, in this order.
_COLUMNS = {
    "u": ("u", "umis_per_cell", "quality"),
    "n": ("n", "size", "n_samples"),
    "bits": ("bits", "mi_value"),
}


def one_curve(
    law: Law,
    inputs: tuple[ArrayLike, ...],
    bits: ArrayLike,
    standard_errors: ArrayLike | None,
    entropy: float | None = None,
) -> Batch:
    """Check the points of one curve and return them as a batch of one row."""
    y = finite("bits", bits, ndim=1)
    named = {name: finite(name, x, ndim=1) for name, x in zip(law.inputs, inputs, strict=True)}
    same_length(bits=y, **named)
    points = tuple(positive(name, x) for name, x in named.items())
    if short := shortage(law, points, y):
        raise ValueError(short)
    root = np.ones(len(y))
    if standard_errors is not None:
        root = 1 / positive("standard_errors", standard_errors)
        same_length(bits=y, standard_errors=root)
    above_zero(entropy=1.0 if entropy is None else entropy)
    most = np.array([np.inf if entropy is None else entropy])
    return _padded(law, points, y, root, [np.arange(len(y))], most)


def group_batch(
    frame: pd.DataFrame,
    by: Sequence[str],
    law: Law,
    *,
    errors: str | None = None,
) -> tuple[Batch, list[dict[str, object]]]:
    """Return the groups of a table as one batch, and the `by` values of its rows, sorted.

    A group with too few points for a fit is refused. The column `entropy`, where there is one,
    bounds the capacities: that of each curve's labels, in bits, missing for other signals.
    """
    inputs, bits = frame_points(frame, law)
    for column in by:
        missing = int(frame[_column(frame, (column,))].isna().sum())
        if missing:
            raise ValueError(f"{column} is missing in {missing} of {len(frame)} rows; fill it in")
    root = np.ones(len(bits))
    if errors is not None:
        root = 1 / positive(errors, frame[_column(frame, (errors,))])
    if not len(bits):
        raise ValueError("frame has 0 rows; give at least one curve")
    most = np.full(len(bits), np.inf)
    if "entropy" in frame.columns:
        given = frame["entropy"].to_numpy(np.float64)
        most = np.where(np.isnan(given), np.inf, positive("entropy", np.nan_to_num(given, nan=1.0)))
    groups, members = [], []
    for key, part in frame.reset_index(drop=True).groupby(list(by), sort=True):
        index = part.index.to_numpy()
        group = {str(c): v for c, v in zip(by, key, strict=True)}
        if short := shortage(law, tuple(x[index] for x in inputs), bits[index]):
            raise ValueError(f"{', '.join(f'{c} = {v}' for c, v in group.items())}: {short}")
        low, high = most[index].min(), most[index].max()
        if low < high:
            raise ValueError(f"entropy is {low:g} to {high:g} in one curve; give one value")
        groups.append(group)
        members.append(index)
    first = np.array([most[index[0]] for index in members])
    return _padded(law, inputs, bits, root, members, first), groups


def frame_points(frame: pd.DataFrame, law: Law) -> tuple[tuple[FloatArray, ...], FloatArray]:
    """Return the law's inputs and the bits of a tidy table's rows, each of shape (n_rows,)."""
    *inputs, bits = (_column(frame, _COLUMNS[name]) for name in (*law.inputs, "bits"))
    return tuple(positive(name, frame[name]) for name in inputs), finite(bits, frame[bits])


def shortage(law: Law, inputs: tuple[FloatArray, ...], bits: FloatArray) -> str:
    """Why points, or the different places among them, are too few to fit; empty if they are not."""
    n_parameters = len(law.parameters)
    if len(bits) <= n_parameters:
        return (
            f"{len(bits)} points are too few for the {n_parameters} parameters of {law.name} and "
            f"the scatter; give at least {n_parameters + 1}"
        )
    places = np.unique(np.stack(inputs), axis=1).shape[1]
    if places < n_parameters:
        return (
            f"{places} different values of {', '.join(law.inputs)} are too few for the "
            f"{n_parameters} parameters of {law.name}; give at least {n_parameters}"
        )
    return ""


def _padded(
    law: Law,
    inputs: tuple[FloatArray, ...],
    bits: FloatArray,
    root: FloatArray,
    members: list[np.ndarray],
    entropy: FloatArray,
) -> Batch:
    """One row for each curve's members, filled up with points of no weight to one length."""
    longest = max(len(index) for index in members)

    def rows(values: FloatArray, fill: float) -> FloatArray:
        filled = np.full((len(members), longest), fill)
        for row, index in zip(filled, members, strict=True):
            row[: len(index)] = values[index]
        return filled

    weights = rows(root, 0.0)
    # Weights have mean one in each row, so that the residual variance stays in bits squared.
    weights /= np.sqrt(np.square(weights).sum(axis=1) / (weights > 0).sum(axis=1))[:, None]
    points = tuple(rows(x, 1.0) for x in inputs)
    return Batch(law, points, rows(bits, 0.0), weights, entropy[:, None])


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> str:
    """Return the first of the names that is a column of the table."""
    for name in names:
        if name in frame.columns:
            return name
    have = ", ".join(map(str, frame.columns))
    raise ValueError(f"frame has no column {' or '.join(names)}; its columns are {have}")
