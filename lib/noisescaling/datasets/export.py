"""A data set as an h5ad file, for other programs."""

from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from noisescaling.datasets.dataset import Dataset, Signal


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
        if np.ndim(signal.values) == 1:
            adata.obs[name] = _column(signal, names)
        else:
            panel = np.full((dataset.n_samples, signal.values.shape[1]), np.nan)
            panel[signal.rows] = signal.values
            adata.obsm[name] = panel
    adata.write_h5ad(path)
    return Path(path)


def _column(signal: Signal, names: list[str]) -> pd.Series:
    """Return one value a cell, missing where the cell carries none."""
    values = pd.Series(signal.values, index=[names[row] for row in signal.rows]).reindex(names)
    return values.astype("category") if signal.labelled else values
