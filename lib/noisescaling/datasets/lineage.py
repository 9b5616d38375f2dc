"""Blood progenitors with barcodes that their daughters inherit, on days 2, 4 and 6."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling.datasets._h5ad import read_anndata
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import early_and_late
from noisescaling.datasets.recovery import counts_from_normalized
from noisescaling.datasets.registry import fetch

FILE = "sc/cospar_test_larry.h5ad"
SOURCE = "Weinreb et al., Science 367, eaaw3381 (2020)"


def larry() -> Dataset:
    """Load 781 barcoded blood cells with counts of 2,481 genes, in UMIs, of three days.

    The sample of the LARRY data that comes with CoSpar (Wang et al., Nature Biotechnology 40, 1066,
    2022). The file keeps counts over a factor of each cell; the integers are recovered.

    Returns
    -------
    A data set with the signals "clone" (a cell of day 2 or 4 with a sister of day 6, 155 pairs),
    "time" (the day, as a label), "day" (the same as a number) and "cell_type".
    """
    adata = read_anndata(fetch(FILE))
    days = adata.obs["time_info"].astype(float).to_numpy()
    return Dataset(
        "larry",
        counts_from_normalized(sp.csr_matrix(adata.X), tolerance=0.01),
        lineage_signals(
            clone_of(adata.obsm["X_clone"]), days, adata.obs["state_info"].to_numpy(dtype=str)
        ),
        genes=adata.var_names.to_numpy(dtype=str),
        source=f"{SOURCE}, the sample in github.com/AllonKleinLab/cospar",
        licence="MIT",
    )


def clone_of(membership: sp.spmatrix) -> NDArray[np.intp]:
    """Return the clone of each cell, shape (n_cells,); -1 where it has none or several.

    Parameters
    ----------
    membership
        Non-zero where a cell belongs to a clone, shape (n_cells, n_clones).
    """
    matrix = sp.csr_matrix(membership, copy=True)
    matrix.eliminate_zeros()
    one = np.diff(matrix.indptr) == 1
    clones = np.full(matrix.shape[0], -1, dtype=np.intp)
    clones[one] = matrix.indices[matrix.indptr[:-1][one]]
    return clones


def lineage_signals(
    clones: NDArray[np.intp], days: NDArray[np.float64], types: NDArray[np.str_], seed: int = 0
) -> dict[str, Signal]:
    """Return the signals "clone", "time", "day" and "cell_type" of barcoded cells.

    Parameters
    ----------
    clones
        Clone of each cell, shape (n_cells,); -1 where unknown.
    days
        Day of each cell, shape (n_cells,).
    types
        Type of each cell, shape (n_cells,).
    seed
        Which of the sisters are paired.
    """
    known = np.flatnonzero(clones >= 0)
    early, late = early_and_late(clones[known], days[known], np.random.default_rng(seed))
    cells = np.arange(len(clones))
    labels = np.array([f"day {day:g}" for day in days])
    return {
        "clone": Signal("clone", known[early], partners=known[late]),
        "time": Signal("time", cells, labels),
        "day": Signal("day", cells, days, kind="continuous"),
        "cell_type": Signal("cell_type", cells, types),
    }
