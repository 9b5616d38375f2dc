"""Cells of the mouse cortex with their places in the tissue."""

import numpy as np

from noisescaling.datasets._h5ad import read_anndata
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import nearest_neighbours
from noisescaling.datasets.registry import fetch

FILE = "sc/smfish.h5ad"


def osmfish() -> Dataset:
    """Load 4,076 cells of the mouse somatosensory cortex, molecules of 33 genes counted in place.

    The file holds 454 cells twice, with one place and the same counts; a cell would be its own
    neighbour, so the second copy is left out.

    Returns
    -------
    A data set with the signals "neighbour" (each cell with its nearest one; mutual neighbours make
    one pair) and "cell_type", six labels.
    """
    adata = read_anndata(fetch(FILE))
    places = adata.obs[["x_coord", "y_coord"]].to_numpy(dtype=float)
    _, first_copies = np.unique(np.column_stack([places, adata.X]), axis=0, return_index=True)
    cells = np.sort(first_copies)
    first, second = nearest_neighbours(places[cells])
    types = adata.obs["str_labels"].to_numpy(dtype=str)[cells]
    return Dataset(
        "osmfish",
        adata.X[cells],
        {
            "neighbour": Signal("neighbour", first, partners=second),
            "cell_type": Signal("cell_type", np.arange(len(types)), types),
        },
        genes=adata.var_names.to_numpy(dtype=str),
        source="Codeluppi et al., Nature Methods 15, 932 (2018), github.com/YosefLab/scVI-data",
        licence="repository without a licence",
        notes=(f"{len(places) - len(cells)} of {len(places)} cells are copies: left out",),
    )
