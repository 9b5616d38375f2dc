"""A signal from what is known of cells: a column, several, or a matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling._checks import choice
from noisescaling._signal_kind import are_labels, are_missing
from noisescaling.datasets._annotated import Annotated
from noisescaling.datasets.dataset import Signal
from noisescaling.datasets.pairing import early_and_late, is_repeated, nearest_neighbours, sisters

#: What a signal is: labels, numbers, the clone that sisters share, places in space.
Kind = Literal["auto", "label", "continuous", "clone", "neighbour"]

#: Names under which `obsm` commonly holds places in space.
_PLACES = ("spatial", "X_spatial")
#: Names of columns that commonly tell pieces of tissue apart, by whose places neighbours are found.
_SECTIONS = ("library_id", "section", "sample", "slice", "batch", "fov")


@dataclass(frozen=True)
class Annotation:
    """What is known of all cells under one name.

    Parameters
    ----------
    name
        The name of the column or matrix, or of several columns, joined by "+".
    table
        One row a cell, with one column or several; values may be missing.
    """

    name: str
    table: pd.DataFrame

    @property
    def is_column(self) -> bool:
        """Whether there is one value a cell."""
        return int(self.table.shape[1]) == 1

    @property
    def column(self) -> pd.Series:
        """The first column."""
        return self.table.iloc[:, 0]

    @property
    def is_number(self) -> bool:
        """Whether the values of a column are numbers, and no truth values."""
        kinds = pd.api.types
        return bool(kinds.is_numeric_dtype(self.column) and not kinds.is_bool_dtype(self.column))

    @property
    def kind(self) -> Kind:
        """What the values are by themselves: labels, numbers or places."""
        if not self.is_column:
            return "neighbour" if self.name in _PLACES else "continuous"
        return "label" if not self.is_number or are_labels(self.numbers()) else "continuous"

    def numbers(self) -> NDArray[np.float64]:
        """Return the values as numbers, (n_cells,) or (n_cells, k), NaN where one is missing."""
        if self.is_column:
            return _as_numbers(self.name, self.column)
        named = [
            (f"{self.name}, {name},", self.table.iloc[:, k]) for k, name in enumerate(self.table)
        ]
        return np.column_stack([_as_numbers(name, values) for name, values in named])

    def named(self, what: str) -> tuple[NDArray[np.intp], NDArray[np.str_]]:
        """Return the cells that have a name, and their names as text."""
        if not self.is_column:
            raise ValueError(
                f"{self.name} is a matrix of {self.table.shape[1]} columns; {what} need one column"
            )
        values = self.column
        if self.is_number and (values.dropna() % 1 == 0).all():
            values = values.astype("Int64")  # 3, not 3.0
        cells = np.flatnonzero(~are_missing(values))
        if not len(cells):
            raise ValueError(f"{self.name} is empty in all {len(values)} cells")
        return cells, values.iloc[cells].astype(str).to_numpy(dtype=str)


def _as_numbers(name: str, values: pd.Series) -> NDArray[np.float64]:
    """Return numbers, also those that are written as text or categories."""
    if not pd.api.types.is_numeric_dtype(values.dtype):
        written = values.astype(object).mask(are_missing(values))
        try:
            values = pd.to_numeric(written)
        except (TypeError, ValueError):
            raise ValueError(f"{name} holds {values.dtype} values; give numbers") from None
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def annotation(cells: Annotated, name: str | Sequence[str]) -> Annotation:
    """Return a column of `obs`, a matrix of `obsm`, or several columns of `obs` as a matrix.

    Raises
    ------
    ValueError
        If there is none of that name; the message lists those there are.
    """
    if not isinstance(name, str):
        columns = [annotation(cells, one).table for one in name]
        return Annotation("+".join(name), pd.concat(columns, axis=1))
    if name not in cells.obsm and name not in cells.obs:
        raise ValueError(
            f"{name!r} is neither a column of obs nor a matrix of obsm in {cells.name}; "
            f"obs has {', '.join(map(str, cells.obs)) or 'none'}; "
            f"obsm has {', '.join(cells.obsm) or 'none'}"
        )
    values = cells.obsm[name] if name in cells.obsm else cells.obs[name]
    shape, n_cells = getattr(values, "shape", None) or (), len(cells.index("obs"))
    if shape[:1] != (n_cells,) or (name not in cells.obsm and len(shape) > 1):
        raise ValueError(
            f"{name} of {cells.name} has shape {shape}, and there are {n_cells} cells; give a "
            "value of each, or several in obsm"
        )
    if name not in cells.obsm:
        values = pd.Series(values)
    elif not isinstance(values, pd.DataFrame):
        array = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
        values = array.reshape(len(array), -1)
    return Annotation(name, pd.DataFrame(values).reset_index(drop=True))


def build_signal(
    known: Annotation,
    kind: Kind,
    times: Annotation | None = None,
    seed: int = 0,
    sections: Annotation | None = None,
) -> Signal:
    """Make a signal of the cells that carry it; cells without a value carry none.

    Parameters
    ----------
    known
        What is known of the cells.
    kind
        What it is. "auto" takes text, categories, booleans and few different whole numbers as
        labels, other numbers as continuous, and "spatial" and "X_spatial" as places.
    times
        When the cells were measured, for sisters of different times; None for any sisters.
    seed
        Which sisters are paired.
    sections
        The piece of tissue that each cell is of, for neighbours; one piece where None.

    Raises
    ------
    ValueError
        If the kind is unknown or does not suit the values, or too few cells carry the signal.
    """
    choice("kind", kind, get_args(Kind))
    found = known.kind if kind == "auto" else kind
    if found == "label":
        return _label(known)
    if found == "clone":
        return _clone(known, times, np.random.default_rng(seed))
    values = known.numbers()
    cells = np.flatnonzero(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if found == "neighbour":
        return _neighbours(known, values, cells, sections)
    if np.ptp(values[cells], axis=0).max(initial=0) == 0:
        raise ValueError(f"{known.name} does not vary over {len(cells)} cells: no information")
    single = kind == "continuous" or known.is_column
    return Signal(known.name, cells, values[cells], kind="continuous" if single else "auto")


def _neighbours(
    known: Annotation,
    places: NDArray[np.float64],
    cells: NDArray[np.intp],
    sections: Annotation | None,
) -> Signal:
    """Pair neighbours; cells of no known piece of tissue have none."""
    if places.ndim != 2:
        raise ValueError(
            f"{known.name} has one number a cell; places need two or three: name the "
            "columns, such as signal=['x', 'y']"
        )
    pieces = None
    if sections is not None:
        placed, names = sections.named("sections")
        cells, kept, _ = np.intersect1d(placed, cells, return_indices=True)
        pieces = names[kept]
    first, second = nearest_neighbours(places[cells], pieces)
    if not len(first):
        raise ValueError(f"no two of {len(cells)} cells with {known.name} are of one section")
    return Signal(known.name, cells[first], partners=cells[second])


def tissue_sections(
    cells: Annotated, signal: Annotation, kind: Kind, section: str | None
) -> tuple[Annotation | None, tuple[str, ...]]:
    """Return which piece of tissue each cell is of, and what to tell where nobody named a column.

    Parameters
    ----------
    section
        A column of `obs`; "none" for one piece; where None, the first common name with two pieces.
    """
    if kind != "neighbour" and not (kind == "auto" and signal.kind == "neighbour"):
        if section not in (None, "none"):
            raise ValueError(
                f"section = {section!r} is for neighbours, and {signal.name} holds no places; "
                "leave it out, or give kind='neighbour'"
            )
        return None, ()
    if section is not None:
        alone = section == "none" and "none" not in cells.obs
        return (None if alone else annotation(cells, section)), ()
    by_name = {str(name).lower(): name for name in cells.obs}
    for name in (by_name[common] for common in _SECTIONS if common in by_name):
        try:
            found = annotation(cells, name)
            n_pieces = len(np.unique(found.named("sections")[1]))
        except ValueError:  # unreadable or empty
            continue
        if n_pieces > 1:
            told = (
                f"neighbours are of one {name} each ({n_pieces} of them): give section= another "
                "column, or section='none' for one piece of tissue"
            )
            return found, (told,)
    return None, ()


def taken_for(known: Annotation, kind: Kind) -> tuple[str, ...]:
    """Tell what a column of whole numbers is taken for where nobody said what it is."""
    if kind != "auto" or not known.is_column or not known.is_number:
        return ()
    values = known.column.dropna()
    if (values % 1 != 0).any():
        return ()
    taken, other = "labels", "kind='continuous' if they are amounts"
    if known.kind == "continuous":
        taken, other = "numbers", "kind='label' if they name classes"
    return (
        f"{known.name} holds {values.nunique()} different whole numbers in {len(values)} "
        f"cells, taken as {taken}: give {other}",
    )


def _label(known: Annotation) -> Signal:
    """Return the labels that two cells or more carry."""
    cells, names = known.named("labels")
    kept = is_repeated(names)
    n_labels, n_kept = len(np.unique(names)), len(np.unique(names[kept]))
    if n_kept > max(2, len(cells) // 5):
        raise ValueError(
            f"{known.name} has {n_kept} labels for {len(cells)} cells; for clones, whose "
            "sisters are paired, give kind='clone'; for numbers, kind='continuous'"
        )
    if n_kept < 2:
        raise ValueError(
            f"{known.name} has {n_kept} label of two cells or more, of {n_labels} labels "
            f"in {len(cells)} cells; information needs at least 2"
        )
    return Signal(known.name, cells[kept], names[kept])


def _clone(known: Annotation, times: Annotation | None, rng: np.random.Generator) -> Signal:
    cells, names = known.named("clones")
    if times is None:
        first, second = sisters(names, rng)
    else:
        when = times.numbers()
        measured = np.isfinite(when[cells])
        cells, names = cells[measured], names[measured]
        first, second = early_and_late(names, when[cells], rng)
    if not len(first):
        raise ValueError(
            f"{known.name} has {len(np.unique(names))} clones in {len(cells)} cells: "
            "no clone has two, so there are no sisters"
        )
    return Signal(known.name, cells[first], partners=cells[second])
