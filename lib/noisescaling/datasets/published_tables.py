"""The published study's data sets public as tables: barcoded blood cells and a brain slice."""

from pathlib import Path

import pandas as pd
import scipy.sparse as sp

from noisescaling.datasets._tables import require_columns
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.lineage import SOURCE as LARRY_SOURCE
from noisescaling.datasets.lineage import clone_of, lineage_signals
from noisescaling.datasets.pairing import nearest_neighbours
from noisescaling.datasets.recovery import counts_from_normalized


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
        genes=genes.to_numpy(dtype=str), source=f"{LARRY_SOURCE}, GEO GSM4185642",
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
