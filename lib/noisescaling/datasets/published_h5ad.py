"""The published study's data sets that are public as h5ad files: blood cells, mouse embryos."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from noisescaling.datasets._h5ad import count_places, read_element
from noisescaling.datasets._signals import Annotation, build_signal
from noisescaling.datasets._tables import require_columns
from noisescaling.datasets.counts_file import CountsFile
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.h5ad import read_dataset, refuse_normalized

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
    counts = CountsFile(Path(path))
    refuse_normalized(counts)
    known = read_element(counts.path, "obs")
    require_columns(known, ["celltype.l2", "celltype.l3"], f"obs of {counts.path.name}")
    proteins = np.asarray(read_element(counts.path, "obsm/protein_counts"), dtype=float)
    library = np.log(np.maximum(proteins.sum(axis=1), 1))
    kept = np.flatnonzero(
        (known["celltype.l2"] != "Doublet").to_numpy()
        & (library > 7.6) & (library < 10.3) & ((proteins > 0).sum(axis=1) > 150)
        & (_mitochondrial_share(counts) < 0.12)
    )  # fmt: skip
    signals = {
        "cell_type": Signal("cell_type", kept, known["celltype.l3"].to_numpy(dtype=str)[kept]),
        "protein": Signal("protein", kept, np.log1p(proteins[kept])),
    }
    note = f"{len(known) - len(kept)} of {len(known)} cells do not pass the filters: left out"
    return replace(
        read_dataset(counts, signals, n_cells, seed, notes=(note,)),
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
    counts = CountsFile(Path(path), "raw" if "raw" in count_places(Path(path)) else "X")
    refuse_normalized(counts)
    known = read_element(counts.path, "obs")
    require_columns(known, ["author_day"], f"obs of {counts.path.name}")
    time = build_signal(Annotation("time", known["author_day"]), "label")
    days = [embryonic_day(name) for name in known["author_day"].iloc[time.rows].astype(str)]
    signals = {"time": time, "day": Signal("day", time.rows, np.array(days), kind="continuous")}
    return replace(
        read_dataset(counts, signals, n_cells, seed),
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


def _mitochondrial_share(counts: CountsFile) -> NDArray[np.float64]:
    mitochondrial = np.char.startswith(counts.genes(), "MT-")
    shares = [
        chunk[:, mitochondrial].sum(axis=1).A1 / np.maximum(chunk.sum(axis=1).A1, 1)
        for chunk in counts.chunks()
    ]
    return np.concatenate(shares)
