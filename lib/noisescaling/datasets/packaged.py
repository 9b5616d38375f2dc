"""Real cells that come inside an installed package, so that they need no download."""

import warnings

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts
from noisescaling.datasets.dataset import Dataset, Signal


def pbmc68k_reduced() -> Dataset:
    """Load 700 real blood cells with counts of 765 genes, in UMIs, and ten cell types.

    Peripheral blood cells of the 68k data set of Zheng et al. (2017), as scanpy carries them. The
    package keeps them normalized by cell and log-transformed; the integer counts are recovered.

    Returns
    -------
    A data set with the signal "cell_type".
    """
    import scanpy as sc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata = sc.datasets.pbmc68k_reduced()
        # `adata.X` is scaled; the log-normalized values of all genes stand in `adata.raw`.
        normalized = sp.csr_matrix(adata.raw.X)
    labels = adata.obs["bulk_labels"].astype(str).to_numpy()
    cell_type = Signal("cell_type", np.arange(adata.n_obs), labels)
    return Dataset(
        "pbmc68k_reduced",
        counts_from_log1p(normalized),
        {"cell_type": cell_type},
        genes=adata.raw.var_names.to_numpy(dtype=str),
        source="Zheng et al., Nature Communications 8, 14049 (2017), inside scanpy",
    )


def counts_from_log1p(normalized: Counts, tolerance: float = 0.25) -> Counts:
    """Recover integer counts, in UMIs, from counts normalized by cell and log(1 + x)-transformed.

    A cell's smallest non-zero value is one molecule, if the cell has a gene with one molecule; the
    others are whole multiples of it.

    Parameters
    ----------
    normalized
        log(1 + count x size factor of the cell), shape (n_cells, n_genes).
    tolerance
        Largest distance from a whole number, in molecules, that is taken for rounding of the
        stored values.

    Raises
    ------
    ValueError
        If a recovered count is not a whole number within `tolerance`.
    """
    linear = np.expm1(normalized.data.astype(np.float64))
    cell = np.repeat(np.arange(normalized.shape[0]), np.diff(normalized.indptr))
    multiples = linear / _smallest_of_each(cell, linear, normalized.shape[0])[cell]
    counts = np.rint(multiples)
    worst = float(np.max(np.abs(multiples - counts), initial=0))
    if worst > tolerance:
        raise ValueError(
            f"normalized is {worst:.2g} molecules away from whole multiples of each cell's "
            f"smallest value, more than {tolerance:g}; give log1p-transformed counts"
        )
    parts = (counts.astype(np.int64), normalized.indices, normalized.indptr)
    return sp.csr_matrix(parts, shape=normalized.shape)


def _smallest_of_each(
    group: NDArray[np.intp], values: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    smallest = np.full(n, np.inf)
    np.minimum.at(smallest, group, values)
    return smallest
