"""Your own cells: any h5ad file as a data set with one signal."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling.datasets._signals import (
    Annotation,
    Kind,
    build_signal,
    read_annotation,
    taken_for,
)
from noisescaling.datasets.aside import set_aside
from noisescaling.datasets.counts_file import CountsFile, Thin
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.subsample import restrict, subsample


def from_h5ad(
    path: str | Path,
    signal: str | Sequence[str],
    *,
    kind: Kind = "auto",
    layer: str | None = None,
    times: str | None = None,
    n_cells: int | None = None,
    seed: int = 0,
    thin: Thin | None = None,
    held_out: float | str | None = None,
) -> Dataset:
    """Load counts, in UMIs, and one signal from an h5ad file of any size.

    Cells without a value of the signal are left out; so are labels of a single cell. The data
    set's notes and a warning tell how many. Only the wanted cells are read, in chunks.

    Parameters
    ----------
    path
        An h5ad file.
    signal
        A column of `obs` (cell type, time, clone), a matrix of `obsm` (protein panel, places), or
        several columns of `obs` that make one signal (coordinates).
    kind
        "label", "continuous", "clone" (a cell's sister is its signal) or "neighbour" (its nearest
        neighbour is). "auto" takes text, categories, booleans and few different whole numbers as
        labels, other numbers as continuous, and the matrix "spatial" as places; the notes tell
        what whole numbers were taken for.
    layer
        Where the raw counts stand: "X" (also None), a layer's name, or "raw".
    times
        Column of `obs` with the time, a number, of which a clone's sisters are taken: an early
        cell with a sister of the last time.
    n_cells
        How many cells to choose at random, paired ones together; all that carry the signal where
        None.
    seed
        Which cells are chosen and which sisters are paired.
    thin
        Thins each part of the counts as it is read, for files whose counts do not fit into memory;
        see `CountsFile.read`.
    held_out
        Which cells are set aside to be measured on: a share between 0 and 1, a number of cells, or
        a column of `obs` with booleans; the rule of `set_aside` where None.

    Returns
    -------
    A data set named like the file, with one signal named like the column.

    Raises
    ------
    ValueError
        If the file, column or layer is unknown (the message lists those there are), the values are
        no counts (it tells where counts are), or they do not fit into memory.
    """
    file = Path(path)
    counts = CountsFile(file, layer or "X")
    refuse_normalized(counts)
    annotation = read_annotation(file, signal)
    when = None if times is None else read_annotation(file, times)
    built = build_signal(annotation, kind, when, seed)
    notes = (*taken_for(annotation, kind), *_notes(annotation, built, counts))
    for note in notes:
        warnings.warn(note, stacklevel=2)
    column = read_annotation(file, held_out) if isinstance(held_out, str) else None
    mask = None if column is None else _booleans(column)
    data = read_dataset(counts, {built.name: built}, n_cells, seed, thin, notes, mask)
    if held_out is None or mask is not None:
        return data
    chosen = set_aside(data, float(held_out))
    return data if chosen.swapped else replace(data, held_out=chosen.rows)


def _booleans(column: Annotation) -> NDArray[np.bool_]:
    if not pd.api.types.is_bool_dtype(column.content):
        raise ValueError(f"held_out = {column.name!r} holds {column.content.dtype}; give booleans")
    return np.asarray(column.content, dtype=bool)


def _notes(annotation: Annotation, signal: Signal, counts: CountsFile) -> tuple[str, ...]:
    """Return what a user should know of a file that was read, a sentence each."""
    n_cells, genes = counts.shape[0], counts.genes()
    rows, partners, notes = signal.rows, signal.partners, []
    if partners is None:
        carriers, lacking = rows, f"no {annotation.name}, or one that no other cell has"
    else:
        carriers = np.union1d(rows, partners)
        lacking = f"no partner by {annotation.name}"
    if len(carriers) < n_cells:
        left = n_cells - len(carriers)
        notes.append(f"{left} of {n_cells} cells have {lacking}: left out")
    if partners is not None and not isinstance(annotation.content, pd.Series):
        places = annotation.content
        # Copies of one cell would tell too much.
        same = int((places[rows] == places[partners]).all(axis=1).sum())
        if same:
            notes.append(
                f"{same} of {len(rows)} pairs of neighbours are at one and the same place: if they "
                "are copies of one cell, leave these out of the file"
            )
    double = len(genes) - len(np.unique(genes))
    if double:
        notes.append(f"{double} gene names are doubles: numbered, as -1, -2")
    return tuple(notes)


def read_dataset(
    counts: CountsFile,
    signals: dict[str, Signal],
    n_cells: int | None = None,
    seed: int = 0,
    thin: Thin | None = None,
    notes: tuple[str, ...] = (),
    held_out: NDArray[np.bool_] | None = None,
) -> Dataset:
    """Read the cells that carry a signal, or `n_cells` of them, in UMIs.

    Parameters
    ----------
    counts
        Where the counts stand.
    signals
        The signals by name, their rows as indices into the file.
    n_cells, seed, thin
        As in `from_h5ad`.
    notes
        What was left out before.
    held_out
        Which cells of the file are set aside to be measured on; None for the rule of `set_aside`.
    """
    named = [rows for s in signals.values() for rows in (s.rows, s.partners) if rows is not None]
    carriers = np.unique(np.concatenate(named))
    # A cell's one count is its place in the file, so that the choice of cells tells the places.
    chosen = Dataset(
        counts.path.stem,
        carriers[:, None],
        {name: restrict(signal, carriers) for name, signal in signals.items()},
        genes=_unique(counts.genes()),
        source=f"{counts.layer} of {counts.path.name}",
        notes=notes,
        held_out=None if held_out is None else held_out[carriers],
    )
    if n_cells is not None:
        chosen = subsample(chosen, n_cells, seed)
    cells = chosen.counts[:, 0]
    if thin is None:
        refuse_too_large(counts, cells)
    return replace(chosen, counts=counts.read(cells, thin))


def refuse_normalized(counts: CountsFile) -> None:
    """Refuse values that are no whole numbers, and tell where the file holds whole ones."""
    if counts.holds_counts():
        return
    others = counts.other_counts()
    way = (
        f"whole numbers stand in {', '.join(others)}: give layer={others[0]!r}"
        if others
        else "no other layer of the file holds whole numbers: take the file before normalization"
    )
    raise ValueError(
        f"{counts.layer} of {counts.path.name} holds fractional or negative values, so no counts; "
        f"{way}"
    )


def refuse_too_large(counts: CountsFile, cells: NDArray[np.intp]) -> None:
    """Refuse counts that take more than half of this machine's memory, with both sizes."""
    needed, there = counts.size(cells), _memory()
    if there is not None and needed > there / 2:
        fitting = int(len(cells) * there / 2 / needed)
        raise ValueError(
            f"the counts of {len(cells)} cells need about {needed / 1e9:.1f} GB and this machine "
            f"has {there / 1e9:.1f} GB; give n_cells of at most {fitting}, or thin"
        )


def _memory() -> int | None:
    """Return the memory of this machine in bytes, None where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _unique(genes: NDArray[np.str_]) -> NDArray[np.str_]:
    """Number the names that others have too: a, a-1, a-2."""
    from anndata.utils import make_index_unique

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(make_index_unique(pd.Index(genes)), dtype=str)
