"""A signal from what an h5ad file tells of its cells: a column, several, or a matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling._checks import choice, finite
from noisescaling._signal_kind import are_labels, are_missing
from noisescaling.datasets._h5ad import keys, read_element
from noisescaling.datasets.dataset import Signal
from noisescaling.datasets.pairing import early_and_late, nearest_neighbours, sisters
from noisescaling.datasets.subsample import is_repeated

#: What a signal is: labels, numbers, the clone that sisters share, places in space.
Kind = Literal["auto", "label", "continuous", "clone", "neighbour"]

#: Names under which `obsm` commonly holds places in space.
_PLACES = ("spatial", "X_spatial")


@dataclass(frozen=True)
class Annotation:
    """What a file tells of all its cells under one name.

    Parameters
    ----------
    name
        The name of the column or matrix, or of several columns, joined by "+".
    content
        One value a cell, shape (n_cells,), or several, (n_cells, k); may be missing.
    """

    name: str
    content: pd.Series | NDArray[Any]


def read_annotation(path: Path, name: str | Sequence[str]) -> Annotation:
    """Read a column of `obs`, a matrix of `obsm`, or several columns of `obs` as a matrix.

    Raises
    ------
    ValueError
        If the file has none of that name; the message lists those that it has.
    """
    if not isinstance(name, str):
        columns = [read_annotation(path, one) for one in name]
        return Annotation("+".join(name), np.column_stack([_numbers(c) for c in columns]))
    matrices = keys(path, "obsm")
    if name in matrices:
        values = read_element(path, f"obsm/{name}")
        matrix = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
        return Annotation(name, pd.Series(matrix[:, 0]) if matrix.shape[1:] == (1,) else matrix)
    table = read_element(path, "obs")
    if name not in table.columns:
        raise ValueError(
            f"signal = {name!r} is neither a column of obs nor a matrix of obsm in {path.name}; "
            f"obs has {', '.join(map(str, table.columns)) or 'none'}; "
            f"obsm has {', '.join(matrices) or 'none'}"
        )
    return Annotation(name, table[name])


def build_signal(
    annotation: Annotation, kind: Kind, times: Annotation | None = None, seed: int = 0
) -> Signal:
    """Make a signal of the cells that carry it; cells without a value carry none.

    Parameters
    ----------
    annotation
        What the file tells of the cells.
    kind
        What it is. "auto" takes text, categories, booleans and few different whole numbers as
        labels, other numbers as continuous, and "spatial" and "X_spatial" as places.
    times
        When the cells were measured, for sisters of different times; None for any sisters.
    seed
        Which sisters are paired.

    Raises
    ------
    ValueError
        If the kind is unknown or does not suit the values, or too few cells carry the signal.
    """
    choice("kind", kind, get_args(Kind))
    found = _kind(annotation) if kind == "auto" else kind
    if found == "label":
        return _label(annotation)
    if found == "clone":
        return _clone(annotation, times, np.random.default_rng(seed))
    values = _numbers(annotation)
    cells = np.flatnonzero(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if found == "neighbour":
        places = values[cells]
        if places.ndim != 2:
            raise ValueError(
                f"{annotation.name} has one number a cell; places need two or three: name the "
                "columns, such as signal=['x', 'y']"
            )
        first, second = nearest_neighbours(places)
        return Signal(annotation.name, cells[first], partners=cells[second])
    if np.ptp(values[cells], axis=0).max(initial=0) == 0:
        raise ValueError(f"{annotation.name} does not vary over {len(cells)} cells: no information")
    single = kind == "continuous" or isinstance(annotation.content, pd.Series)
    return Signal(annotation.name, cells, values[cells], kind="continuous" if single else "auto")


def _kind(annotation: Annotation) -> Kind:
    content = annotation.content
    if not isinstance(content, pd.Series):
        return "neighbour" if annotation.name in _PLACES else "continuous"
    if not _is_number(content):
        return "label"
    return "label" if are_labels(_numbers(annotation)) else "continuous"


def _is_number(values: pd.Series) -> bool:
    kinds = pd.api.types
    return kinds.is_numeric_dtype(values) and not kinds.is_bool_dtype(values)


def taken_for(annotation: Annotation, kind: Kind) -> tuple[str, ...]:
    """Tell what a column of whole numbers is taken for where nobody said what it is."""
    content = annotation.content
    if kind != "auto" or not isinstance(content, pd.Series) or not _is_number(content):
        return ()
    values = content.dropna()
    if (values % 1 != 0).any():
        return ()
    taken, other = "labels", "kind='continuous' if they are amounts"
    if _kind(annotation) == "continuous":
        taken, other = "numbers", "kind='label' if they name classes"
    return (
        f"{annotation.name} holds {values.nunique()} different whole numbers in {len(values)} "
        f"cells, taken as {taken}: give {other}",
    )


def _numbers(annotation: Annotation) -> NDArray[np.float64]:
    values = annotation.content
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise ValueError(f"{annotation.name} holds {values.dtype} values; give numbers")
    if isinstance(values, pd.Series):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return values.astype(np.float64)


def _label(annotation: Annotation) -> Signal:
    """Return the labels that two cells or more carry."""
    cells, names = _named(annotation, "labels")
    kept = is_repeated(names)
    n_labels, n_kept = len(np.unique(names)), len(np.unique(names[kept]))
    if n_kept > max(2, len(cells) // 5):
        raise ValueError(
            f"{annotation.name} has {n_kept} labels for {len(cells)} cells; for clones, whose "
            "sisters are paired, give kind='clone'; for numbers, kind='continuous'"
        )
    if n_kept < 2:
        raise ValueError(
            f"{annotation.name} has {n_kept} label of two cells or more, of {n_labels} labels "
            f"in {len(cells)} cells; information needs at least 2"
        )
    return Signal(annotation.name, cells[kept], names[kept])


def _clone(annotation: Annotation, times: Annotation | None, rng: np.random.Generator) -> Signal:
    cells, names = _named(annotation, "clones")
    if times is None:
        first, second = sisters(names, rng)
    else:
        when = _numbers(times)
        measured = np.isfinite(when[cells])
        cells, names = cells[measured], names[measured]
        first, second = early_and_late(names, finite("times", when[cells]), rng)
    if not len(first):
        raise ValueError(
            f"{annotation.name} has {len(np.unique(names))} clones in {len(cells)} cells: "
            "no clone has two, so there are no sisters"
        )
    return Signal(annotation.name, cells[first], partners=cells[second])


def _named(annotation: Annotation, what: str) -> tuple[NDArray[np.intp], NDArray[np.str_]]:
    """Return the cells that have a name, and their names as text."""
    values = annotation.content
    if not isinstance(values, pd.Series):
        raise ValueError(
            f"{annotation.name} is a matrix of {values.shape[1]} columns; {what} need one column"
        )
    if _is_number(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # 3, not 3.0
    cells = np.flatnonzero(~are_missing(values))
    if not len(cells):
        raise ValueError(f"{annotation.name} is empty in all {len(values)} cells")
    return cells, values.iloc[cells].astype(str).to_numpy(dtype=str)
