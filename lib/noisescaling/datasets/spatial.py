"""Cells of the mouse cortex with their places in the tissue."""

import numpy as np

from noisescaling.datasets._h5ad import read_anndata
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import nearest_neighbours
from noisescaling.datasets.registry import fetch

FILE = "sc/smfish.h5ad"


def osmfish() -> Dataset:
    """Load 4,530 cells of the mouse somatosensory cortex, molecules of 33 genes counted in place.

    Returns
    -------
    A data set with the signals "neighbour" (each cell with its nearest one; mutual neighbours make
    one pair) and "cell_type", six labels.
    """
    adata = read_anndata(fetch(FILE))
    first, second = nearest_neighbours(adata.obs[["x_coord", "y_coord"]].to_numpy(dtype=float))
    types = adata.obs["str_labels"].to_numpy(dtype=str)
    return Dataset(
        "osmfish",
        adata.X,
        {
            "neighbour": Signal("neighbour", first, partners=second),
            "cell_type": Signal("cell_type", np.arange(len(types)), types),
        },
        genes=adata.var_names.to_numpy(dtype=str),
        source="Codeluppi et al., Nature Methods 15, 932 (2018), github.com/YosefLab/scVI-data",
        licence="repository without a licence",
    )
