"""Your own cells: an AnnData, or any h5ad file, as a data set with one signal; and back."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts
from noisescaling.datasets._annotated import Annotated, afford, memory, of_anndata, opened
from noisescaling.datasets._signals import (
    Annotation,
    Kind,
    annotation,
    build_signal,
    taken_for,
    tissue_sections,
)
from noisescaling.datasets.aside import with_aside
from noisescaling.datasets.counts_file import CountsMatrix, Thin
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import restrict, subsample

if TYPE_CHECKING:
    from anndata import AnnData

#: Molecules from which on two cells of the same counts are hardly two cells.
_TELLING = 30


def from_anndata(
    adata: "AnnData | Annotated",
    signal: str | Sequence[str] | None,
    *,
    kind: Kind = "auto",
    layer: str | None = None,
    section: str | None = None,
    times: str | None = None,
    n_cells: int | None = None,
    seed: int = 0,
    thin: Thin | None = None,
    held_out: float | str | None = None,
    name: str = "adata",
) -> Dataset:
    """Take counts, in UMIs, and one signal from an AnnData, which stays as it is.

    Cells without a value of the signal are left out; so are labels of a single cell. The data
    set's notes and a warning tell how many.

    Parameters
    ----------
    adata
        Cells by genes.
    signal
        A column of `obs` (cell type, time, clone), a matrix of `obsm` (protein panel, places), or
        several columns of `obs` that make one signal (coordinates). None for counts alone, whose
        information between halves needs no signal.
    kind
        "label", "continuous", "clone" (a cell's sister is its signal) or "neighbour" (its nearest
        neighbour is). "auto" takes text, categories, booleans and few different whole numbers as
        labels, other numbers as continuous, and the matrix "spatial" as places; the notes tell
        what whole numbers were taken for.
    layer
        Where the raw counts stand: "X" (also None), a layer's name, or "raw".
    section
        Column of `obs` that tells pieces of tissue apart, for places: neighbours are of one piece.
        Where None, a column called library_id, section, sample, slice, batch or fov, if there is
        one, and the notes tell; "none" for one piece.
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
    name
        What the data set is called.

    Returns
    -------
    A data set with one signal, named like the column.

    Raises
    ------
    ValueError
        If the column or layer is unknown (the message lists those there are), the values are no
        counts (it tells where counts are), or they do not fit into memory.

    Examples
    --------
    >>> import anndata
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import datasets
    >>> obs = pd.DataFrame({"leiden": ["0", "1"] * 30}, index=[f"cell {i}" for i in range(60)])
    >>> adata = anndata.AnnData(np.random.default_rng(0).poisson(2, (60, 30)), obs=obs)
    >>> cells = datasets.from_anndata(adata, "leiden")
    >>> cells.counts.shape, cells.signals["leiden"].entropy
    ((60, 30), 1.0)
    """
    cells = adata if isinstance(adata, Annotated) else of_anndata(adata)
    place = layer or "X"
    refuse_normalized(cells, place)
    signals: dict[str, Signal] = {}
    notes = _repeated_names(cells, place)
    if signal:
        known = annotation(cells, signal)
        pieces, told = tissue_sections(cells, known, kind, section)
        when = annotation(cells, times) if times else None
        built = build_signal(known, kind, when, seed, pieces)
        signals = {built.name: built}
        notes = (*taken_for(known, kind), *told, *_left_out(known, built), *notes)
    mask = _booleans(annotation(cells, held_out)) if isinstance(held_out, str) else None
    data = read_dataset(cells, place, signals, n_cells, seed, thin, notes, mask)
    data = replace(data, name=name, notes=(*data.notes, *(() if thin else _copies(data.counts))))
    for note in data.notes:
        warnings.warn(note, stacklevel=3 if cells is adata else 2)
    return data if isinstance(held_out, str) else with_aside(data, held_out)


def from_h5ad(path: str | Path, signal: str | Sequence[str] | None, **how: Any) -> Dataset:
    """Load counts, in UMIs, and one signal from an h5ad file of any size.

    As `from_anndata` of what the file holds, but only what is asked for is read: of the counts the
    wanted cells, in chunks.

    Parameters
    ----------
    path
        An h5ad file.
    signal
        As in `from_anndata`.
    how
        The other arguments of `from_anndata`.

    Returns
    -------
    A data set named like the file, with one signal named like the column.

    Raises
    ------
    ValueError
        As in `from_anndata`; and if there is no such file, it cannot be read (the message tells
        why), or it takes data from other files.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> made = datasets.simulate_cells(n_cells=50, n_genes=20, umis_per_cell=50)
    >>> path = datasets.write_h5ad(made, "cells.h5ad")
    >>> datasets.from_h5ad(path, "cell_type").signals["cell_type"].labelled
    True
    """
    with opened(path) as cells:
        return from_anndata(cells, signal, **({"name": Path(path).stem} | how))


def _booleans(column: Annotation) -> NDArray[np.bool_]:
    if not pd.api.types.is_bool_dtype(column.column):
        raise ValueError(f"held_out = {column.name!r} holds {column.column.dtype}; give booleans")
    return np.asarray(column.column, dtype=bool)


def _left_out(known: Annotation, signal: Signal) -> tuple[str, ...]:
    """Return how many cells carry no signal, and how many neighbours may be one cell."""
    n_cells, rows, partners, notes = len(known.table), signal.rows, signal.partners, []
    carriers = rows if partners is None else np.union1d(rows, partners)
    lacking = f"no {known.name}, or one that no other cell has"
    if partners is not None:
        lacking = f"no partner by {known.name}"
    if len(carriers) < n_cells:
        notes.append(f"{n_cells - len(carriers)} of {n_cells} cells have {lacking}: left out")
    if partners is not None and not known.is_column:
        places = known.numbers()
        # Copies of one cell would tell too much.
        same = int((places[rows] == places[partners]).all(axis=1).sum())
        if same:
            notes.append(
                f"{same} of {len(rows)} pairs of neighbours are at one and the same place: if they "
                "are copies of one cell, leave these out of the file"
            )
    return tuple(notes)


def _repeated_names(cells: Annotated, layer: str) -> tuple[str, ...]:
    """Return how many names of genes and of cells stand twice."""
    genes, names = cells.genes(layer), cells.cells(layer)
    doubles, copies = (int(pd.Index(some).duplicated().sum()) for some in (genes, names))
    notes = [f"{doubles} gene names are doubles: numbered, as -1, -2"] if doubles else []
    if copies:
        notes.append(
            f"{copies} of {len(names)} cells have the name of an earlier one: if they are copies, "
            "leave them out"
        )
    return tuple(notes)


def _copies(counts: Counts) -> tuple[str, ...]:
    """Return how many cells have, molecule by molecule, the counts of an earlier one."""
    weights = np.random.default_rng(0).integers(2**62, size=counts.shape[1])
    deep = np.asarray(counts.sum(axis=1)).ravel() >= _TELLING
    copies = int(pd.Series(counts @ weights)[deep].duplicated().sum())
    told = (
        f"{copies} of {counts.shape[0]} cells have all counts of an earlier one: if they are "
        "copies, which tell too much, leave them out"
    )
    return (told,) if copies else ()


def read_dataset(
    cells: Annotated,
    layer: str,
    signals: Mapping[str, Signal],
    n_cells: int | None = None,
    seed: int = 0,
    thin: Thin | None = None,
    notes: tuple[str, ...] = (),
    held_out: NDArray[np.bool_] | None = None,
) -> Dataset:
    """Read the cells that carry a signal, or `n_cells` of them, in UMIs.

    Parameters
    ----------
    cells
        An AnnData or an open file.
    layer
        Where the counts stand.
    signals
        The signals by name, their rows as indices into the file; all cells where there is none.
    n_cells, seed, thin
        As in `from_anndata`.
    notes
        What was left out before.
    held_out
        Which cells of the file are set aside to be measured on; None for the rule of `set_aside`.
    """
    counts = CountsMatrix(f"{layer} of {cells.name}", cells.matrix(layer))
    named = [rows for s in signals.values() for rows in (s.rows, s.partners) if rows is not None]
    carriers = np.unique(np.concatenate(named)) if named else np.arange(counts.values.shape[0])
    # A cell's one count is its place in the file, so that the choice of cells tells the places.
    chosen = Dataset(
        cells.name.removesuffix(".h5ad"),
        carriers[:, None],
        {name: restrict(signal, carriers) for name, signal in signals.items()},
        genes=_unique(cells.genes(layer)),
        source=counts.name,
        notes=notes,
        held_out=None if held_out is None else held_out[carriers],
    )
    if n_cells is not None:
        chosen = subsample(chosen, n_cells, seed)
    rows = chosen.counts[:, 0]
    if thin is None:
        needed, there = counts.size(rows), memory() or np.inf
        most = int(len(rows) * there / 2 / needed) if needed > there / 2 else len(rows)
        way = f"give n_cells of at most {most}, or thin"
        afford(f"reading {counts.name} for {len(rows)} cells", needed, way)
    return replace(chosen, observed=sp.vstack(list(counts.chunks(rows, thin)), format="csr"))


def refuse_normalized(cells: Annotated, layer: str) -> None:
    """Refuse values that are no whole numbers, and tell where there are whole ones."""

    def whole(place: str) -> bool:
        return CountsMatrix(place, cells.matrix(place)).holds_counts()

    if whole(layer):
        return
    others = [place for place in cells.matrices if place != layer and whole(place)]
    way = (
        f"whole numbers stand in {', '.join(others)}: give layer={others[0]!r}"
        if others
        else "no other layer of the file holds whole numbers: take the file before normalization"
    )
    raise ValueError(
        f"{layer} of {cells.name} holds fractional or negative values, so no counts; {way}"
    )


def _unique(genes: NDArray[np.str_]) -> NDArray[np.str_]:
    """Number the names that others have too: a, a-1, a-2."""
    from anndata.utils import make_index_unique

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(make_index_unique(pd.Index(genes)), dtype=str)


def write_h5ad(dataset: Dataset, path: str | Path) -> Path:
    """Write counts to `X`, one value a cell to `obs`, several to `obsm`; return the path.

    Signals that are other cells (partners) are left out: an h5ad file has no place for them.

    Parameters
    ----------
    dataset
        Counts, in UMIs, and signals.
    path
        The file to write; an existing one is replaced.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> cells = datasets.simulate_cells(n_cells=50, n_genes=20, umis_per_cell=50)
    >>> datasets.write_h5ad(cells, "cells.h5ad").name
    'cells.h5ad'
    """
    import anndata

    names = [f"cell {i}" for i in range(dataset.n_samples)]
    genes = dataset.genes if dataset.genes is not None else np.arange(dataset.counts.shape[1])
    adata = anndata.AnnData(
        sp.csr_matrix(dataset.counts, dtype=np.float32),
        obs=pd.DataFrame(index=names),
        var=pd.DataFrame(index=np.asarray(genes, dtype=str)),
    )
    for name, signal in dataset.signals.items():
        if signal.values is None:
            continue
        # What a cell carries none of is missing.
        table = pd.DataFrame(signal.values, [names[row] for row in signal.rows]).reindex(names)
        if np.ndim(signal.values) > 1:
            adata.obsm[name] = table.to_numpy(dtype=np.float64)
        else:
            adata.obs[name] = table[0].astype("category") if signal.labelled else table[0]
    adata.write_h5ad(path)
    return Path(path)
