"""Checks of the two arguments, and the choice between a continuous signal and labels."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import choice, finite, kind_of
from noisescaling._signal_kind import are_labels, are_missing, plain

Codes = NDArray[np.int64]

#: The fewest pairs that an estimate is made from.
MIN_SAMPLES = 40


@dataclass(frozen=True)
class Labels:
    """Labels as codes 0 .. n_classes - 1, of shape (n,)."""

    codes: Codes
    n_classes: int

    @property
    def entropy(self) -> float:
        """Entropy of the label frequencies, in bits."""
        share = np.bincount(self.codes) / len(self.codes)
        return float(-(share * np.log2(share)).sum())


def as_points(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return values as a float array (n, d); a vector becomes one column."""
    array = finite(name, plain(name, values))
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
    """Return y as points (n, k) or as labels; "auto" goes by the rule of `are_labels`."""
    choice("signal", signal, ("auto", "continuous", "label"))
    category = isinstance(getattr(y, "dtype", None), pd.CategoricalDtype)
    array = plain(name, y)
    if signal == "label" or (signal == "auto" and (category or are_labels(array))):
        return as_labels(name, array, rare=signal == "auto" and not category)
    return as_points(name, array)


def as_labels(name: str, array: NDArray[Any], rare: bool) -> Labels:
    """Return labels (n,), or rows (n, k) of numbers that are one label each, as codes.

    Missing labels and too few rows a class are refused; `rare` allows numbers of a single row.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    elif array.ndim == 2 and array.dtype.kind in "biuf" and array.size:
        array = np.unique(array, axis=0, return_inverse=True)[1].ravel()
    if array.ndim != 1:
        raise ValueError(
            f"{name} has {array.ndim} axes, shape {array.shape}; labels need one, (n,)"
        )
    if array.dtype.kind not in "biufUSO":
        raise ValueError(
            f"{name} holds {kind_of(array)} values; give labels as integers or strings"
        )
    missing = int(are_missing(array).sum())
    if missing:
        raise ValueError(
            f"{name} holds {missing} missing labels of {array.size}; remove those rows"
        )
    if array.dtype.kind == "O":
        _refuse_odd_objects(name, array)
    codes, names = pd.factorize(array, sort=True)
    _refuse_few_rows(name, np.bincount(codes), names, rare and array.dtype.kind in "iuf")
    return Labels(codes.astype(np.int64), len(names))


def _refuse_few_rows(name: str, counts: NDArray[np.intp], names: Any, rare: bool) -> None:
    n, lone = int(counts.sum()), np.flatnonzero(counts == 1)
    if len(counts) == 1:
        raise ValueError(f"{name} holds 1 class, {str(names[0])!r}, in {n} rows; give at least 2")
    if len(lone) and not rare:
        raise ValueError(
            f"{name} holds {len(lone)} of {len(counts)} classes with a single row, "
            f"{str(names[lone[0]])!r} first; merge or remove these, or give signal='continuous' if "
            "these are numbers"
        )
    if 2 * len(counts) > n:
        raise ValueError(
            f"{name} holds {len(counts)} classes in {n} rows; give at most {n // 2}, two rows each"
        )


def _refuse_odd_objects(name: str, array: NDArray[Any]) -> None:
    kinds = sorted({type(value).__name__ for value in array})
    if len(kinds) > 1 or kinds[0] not in ("str", "int", "bool", "int64", "bool_", "str_"):
        raise ValueError(
            f"{name} holds objects of type {', '.join(kinds)}; give integers or strings"
        )
