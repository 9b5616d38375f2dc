"""Checks of the two arguments, and the choice between a continuous signal and labels."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import choice, finite, kind_of

#: The fewest pairs that an estimate is made from.
MIN_SAMPLES = 40


@dataclass(frozen=True)
class Labels:
    """Labels as codes 0 .. n_classes - 1, of shape (n,)."""

    codes: NDArray[np.int64]
    n_classes: int

    @property
    def entropy(self) -> float:
        """Entropy of the label frequencies, in bits."""
        share = np.bincount(self.codes) / len(self.codes)
        return float(-(share * np.log2(share)).sum())


def as_points(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return values as a float array (n, d); a vector becomes one column."""
    array = finite(name, values)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} axes, shape {array.shape}; give (n, d) or (n,)")
    if array.shape[1] == 0:
        raise ValueError(f"{name} has shape {array.shape}: no columns; give at least 1")
    return array


def enough(name: str, n: int) -> None:
    """Refuse fewer than `MIN_SAMPLES` rows."""
    if n < MIN_SAMPLES:
        raise ValueError(f"{name} has {n} rows; an estimate needs at least {MIN_SAMPLES}")


def as_signal(
    name: str, y: Any, signal: Literal["auto", "continuous", "label"]
) -> NDArray[np.float64] | Labels:
    """Return y as points (n, k) or as labels; "auto" goes by its type and number of axes."""
    choice("signal", signal, ("auto", "continuous", "label"))
    kind = _kind(y) if signal == "auto" else signal
    return as_labels(name, y) if kind == "label" else as_points(name, y)


def _kind(y: Any) -> Literal["continuous", "label"]:
    if isinstance(getattr(y, "dtype", None), pd.CategoricalDtype):
        return "label"
    array = np.asarray(y)
    return "label" if array.ndim == 1 and array.dtype.kind != "f" else "continuous"


def as_labels(name: str, y: Any) -> Labels:
    """Return labels (n,) as codes; missing labels, one class and lone points are refused."""
    array = np.asarray(y)
    if array.ndim != 1:
        raise ValueError(
            f"{name} has {array.ndim} axes, shape {array.shape}; labels need one, (n,)"
        )
    if array.dtype.kind not in "biufUSO":
        raise ValueError(
            f"{name} holds {kind_of(array)} values; give labels as integers or strings"
        )
    missing = int(pd.isna(array).sum())
    if missing:
        raise ValueError(
            f"{name} holds {missing} missing labels of {array.size}; remove those rows"
        )
    if array.dtype.kind == "O":
        _refuse_odd_objects(name, array)
    codes, names = pd.factorize(array, sort=True)
    counts = np.bincount(codes)
    if len(counts) == 1:
        raise ValueError(
            f"{name} holds 1 class, {str(names[0])!r}, in {array.size} rows; give at least 2"
        )
    lone = np.flatnonzero(counts == 1)
    if len(lone):
        raise ValueError(
            f"{name} holds {len(lone)} of {len(counts)} classes with a single row, "
            f"{str(names[lone[0]])!r} first; merge or remove these, or give signal='continuous' if "
            "these are numbers"
        )
    return Labels(codes.astype(np.int64), len(names))


def _refuse_odd_objects(name: str, array: NDArray[Any]) -> None:
    kinds = sorted({type(value).__name__ for value in array})
    if len(kinds) > 1 or kinds[0] not in ("str", "int", "bool", "int64", "bool_", "str_"):
        raise ValueError(
            f"{name} holds objects of type {', '.join(kinds)}; give integers or strings"
        )
