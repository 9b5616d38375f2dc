"""Real cells that come inside an installed package, so that they need no download."""

import warnings

import numpy as np
import scipy.sparse as sp

from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.recovery import counts_from_log1p


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
        licence="10x Genomics data, to our knowledge CC BY; scanpy is BSD 3-clause",
    )
