"""The published study's own four data sets of cells, read from the files as they are made public.

Nothing is downloaded: the files are large (up to tens of gigabytes), and each function takes the
path of what you have. Each names the layout that it expects, which was written down from public
descriptions and code and is tested on small files of that layout, not on the files themselves.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling.datasets import Dataset, Signal
from noisescaling.datasets._annotated import Annotated, opened
from noisescaling.datasets._signals import annotation, build_signal
from noisescaling.datasets.counts_file import CountsMatrix
from noisescaling.datasets.h5ad import read_dataset, refuse_normalized
from noisescaling.datasets.pairing import nearest_neighbours
from noisescaling.datasets.public_cells import clone_of, counts_from_normalized, lineage_signals
from noisescaling.datasets.text_files import require_columns

#: Birth in days after conception, for one axis of time; the last embryos are of day 18.75.
BIRTH = 19.0


def hao_pbmc(path: str | Path, n_cells: int | None = None, seed: int = 0) -> Dataset:
    """Load blood cells with 228 surface proteins (Hao et al., Cell 184, 3573, 2021), in UMIs.

    Layout: the file `pbmc_seurat_v4.h5ad` that scvi-tools offers (`scvi.data.
    pbmc_seurat_v4_cite_seq`): counts in `X`, protein counts in `obsm["protein_counts"]`,
    `celltype.l2` and `celltype.l3` in `obs`. The same cells are kept as there: no doublets, log
    protein counts between 7.6 and 10.3, more than 150 proteins, less than 12 % mitochondrial.

    Parameters
    ----------
    path
        The h5ad file.
    n_cells
        How many cells to choose; all where None.
    seed
        Which cells are chosen.

    Returns
    -------
    A data set with the signals "cell_type" (`celltype.l3`) and "protein", log(1 + count).

    Raises
    ------
    ValueError
        If the file is of another layout.
    """
    with opened(path) as cells:
        refuse_normalized(cells, "X")
        names = ("celltype.l2", "celltype.l3", "protein_counts")
        broad, fine, counted = (annotation(cells, name) for name in names)
        proteins = counted.numbers()
        library = np.log(np.maximum(proteins.sum(axis=1), 1))
        kept = np.flatnonzero(
            (np.asarray(broad.column) != "Doublet")
            & (library > 7.6) & (library < 10.3) & ((proteins > 0).sum(axis=1) > 150)
            & (_mitochondrial_share(cells) < 0.12)
        )  # fmt: skip
        signals = {
            "cell_type": Signal("cell_type", kept, np.asarray(fine.column, dtype=str)[kept]),
            "protein": Signal("protein", kept, np.log1p(proteins[kept])),
        }
        n_left, n_all = len(proteins) - len(kept), len(proteins)
        note = f"{n_left} of {n_all} cells do not pass the filters: left out"
        return replace(
            read_dataset(cells, "X", signals, n_cells, seed, notes=(note,)),
            name="hao_pbmc",
            source="Hao et al., Cell 184, 3573 (2021), GEO GSE164378",
        )


def qiu_embryo(path: str | Path, n_cells: int | None = None, seed: int = 0) -> Dataset:
    """Load cells of mouse embryos from day 8.5 to birth (Qiu et al., Nature 626, 1084, 2024).

    Layout: the h5ad file of CELLxGENE, with `author_day` in `obs` (such as E0925 for day 9.25, or
    P0000 for birth) and raw counts in `raw` where it has that part, in `X` otherwise.

    Parameters
    ----------
    path
        The h5ad file; it may be larger than the memory.
    n_cells
        How many cells to choose and read; all where None.
    seed
        Which cells are chosen.

    Returns
    -------
    A data set with the signals "time" (`author_day` as a label) and "day" (as a number; birth is
    day 19).

    Raises
    ------
    ValueError
        If the file is of another layout.
    """
    with opened(path) as cells:
        layer = "raw" if "raw" in cells.matrices else "X"
        refuse_normalized(cells, layer)
        known = annotation(cells, "author_day")
        time = replace(build_signal(known, "label"), name="time")
        days = np.array([embryonic_day(str(name)) for name in np.asarray(time.values)])
        signals = {"time": time, "day": Signal("day", time.rows, days, kind="continuous")}
        return replace(
            read_dataset(cells, layer, signals, n_cells, seed),
            name="qiu_embryo",
            source="Qiu et al., Nature 626, 1084 (2024), by CELLxGENE",
        )


@cache
def embryonic_day(name: str) -> float:
    """Return days after conception from a name such as E0925, E1433.3, E9.25, P0000 or P0.

    Raises
    ------
    ValueError
        If the name is no such day.
    """
    found = re.fullmatch(r"([EP])(\d{4}(?:\.\d+)?|\d{1,2}(?:\.\d+)?)", name)
    if found is None:
        raise ValueError(f"{name!r} is no day of an embryo; give one such as E0925, E9.25 or P0")
    digits = found[2]
    days = float(digits) / 100 if len(digits.split(".")[0]) == 4 else float(digits)
    return days + BIRTH if found[1] == "P" else days


def _mitochondrial_share(cells: Annotated) -> NDArray[np.float64]:
    mitochondrial = np.char.startswith(cells.genes("X"), "MT-")
    shares = [
        chunk[:, mitochondrial].sum(axis=1).A1 / np.maximum(chunk.sum(axis=1).A1, 1)
        for chunk in CountsMatrix("X", cells.matrix("X")).chunks()
    ]
    return np.concatenate(shares)


def weinreb_larry(folder: str | Path, seed: int = 0) -> Dataset:
    """Load 130,887 barcoded blood cells of days 2, 4 and 6 (Weinreb et al. 2020), in UMIs.

    Layout: the files `stateFate_inVitro_*` of GEO GSM4185642, compressed or not, in one folder:
    `normed_counts.mtx` (cells x genes), `gene_names.txt`, `clone_matrix.mtx` (cells x clones) and
    `metadata.txt` (tab-separated, with "Time point" and "Cell type annotation"). The counts are
    kept there over a factor of each cell; the integers are recovered. Takes about 10 GB of memory.

    Parameters
    ----------
    folder
        Where the four files are.
    seed
        Which sisters are paired.

    Returns
    -------
    A data set with the signals "clone" (a cell of day 2 or 4 with a sister of day 6), "time" (the
    day as a label), "day" (as a number) and "cell_type".

    Raises
    ------
    ValueError
        If a file is missing, or they do not fit together.
    """
    from scipy.io import mmread

    place = Path(folder)
    counts = counts_from_normalized(sp.csr_matrix(mmread(_part(place, "normed_counts.mtx"))), 0.05)
    clones = clone_of(mmread(_part(place, "clone_matrix.mtx")))
    known = pd.read_csv(_part(place, "metadata.txt"), sep="\t")
    require_columns(known, ["Time point", "Cell type annotation"], "metadata.txt")
    genes = pd.read_csv(_part(place, "gene_names.txt"), sep="\t", header=None)[0]
    if not counts.shape == (len(known), len(genes)) == (len(clones), len(genes)):
        raise ValueError(
            f"normed_counts has shape {counts.shape}, metadata {len(known)} cells, clone_matrix "
            f"{len(clones)} cells and gene_names {len(genes)} genes; they must be of one set"
        )
    days = known["Time point"].to_numpy(dtype=float)
    types = known["Cell type annotation"].to_numpy(dtype=str)
    return Dataset(
        "weinreb_larry", counts, lineage_signals(clones, days, types, seed),
        genes=genes.to_numpy(dtype=str),
        source="Weinreb et al., Science 367, eaaw3381 (2020), GEO GSM4185642",
    )  # fmt: skip


def vizgen_merfish(cell_by_gene: str | Path, cell_metadata: str | Path) -> Dataset:
    """Load cells of a mouse brain slice, molecules of 649 genes counted in place.

    Layout: two tables of the Vizgen MERFISH Mouse Receptor Map (2021), such as `...Slice1_
    Replicate1_cell_by_gene_S1R1.csv` (a line a cell, a column a gene, and "Blank-" controls, which
    are left out) and `...cell_metadata_S1R1.csv` (with `center_x` and `center_y`, micrometres),
    both with the cells' names in the first column. Cells without a molecule are left out.

    Parameters
    ----------
    cell_by_gene, cell_metadata
        The two files.

    Returns
    -------
    A data set with the signal "neighbour": each cell with its nearest one.

    Raises
    ------
    ValueError
        If a file is of another layout, or a cell has no place.
    """
    table = pd.read_csv(cell_by_gene, index_col=0)
    known = pd.read_csv(cell_metadata, index_col=0)
    require_columns(known, ["center_x", "center_y"], "cell_metadata")
    table = table.loc[:, ~table.columns.str.startswith("Blank")]
    filled = table[table.sum(axis=1) > 0]
    unplaced = filled.index.difference(known.index)
    if len(unplaced):
        raise ValueError(
            f"cell_metadata lacks {len(unplaced)} of the {len(filled)} cells of cell_by_gene; give "
            "both files of one slice"
        )
    places = known.loc[filled.index, ["center_x", "center_y"]].to_numpy(dtype=float)
    first, second = nearest_neighbours(places)
    note = f"{len(table) - len(filled)} of {len(table)} cells hold no molecule: left out"
    return Dataset(
        "vizgen_merfish", sp.csr_matrix(filled.to_numpy()),
        {"neighbour": Signal("neighbour", first, partners=second)},
        genes=filled.columns.to_numpy(dtype=str), notes=(note,),
        source="Vizgen MERFISH Mouse Receptor Map (2021)",
    )  # fmt: skip


def _part(folder: Path, name: str) -> Path:
    """Return the file of that name in the folder, compressed or not."""
    path = folder / f"stateFate_inVitro_{name}"
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.exists():
            return candidate
    raise ValueError(f"there is neither {path.name} nor {path.name}.gz in {folder}")
