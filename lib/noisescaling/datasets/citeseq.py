"""Blood cells with messenger RNA and 14 surface proteins counted in the same cells."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling.datasets._tables import read_gene_table
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.registry import fetch

RNA = "sc/totalvi_pbmc10k_harmo_rna.csv.gz"
PROTEIN = "sc/totalvi_pbmc10k_harmo_pro.csv.gz"

#: Cell types by protein counts: at least the first number and below the second. The bounds lie in
#: the valleys between the modes of each protein's histogram; a cell in no gate, or between two
#: modes, has no type.
GATES: dict[str, dict[str, tuple[float, float]]] = {
    "B": {"CD19": (64, np.inf), "CD3": (0, 224), "CD14": (0, 150)},
    "CD4 T": {"CD3": (224, np.inf), "CD19": (0, 64), "CD4": (600, np.inf), "CD8a": (0, 300)},
    "CD8 T": {"CD3": (224, np.inf), "CD19": (0, 64), "CD8a": (600, np.inf), "CD4": (0, 100)},
    "CD14 monocyte": {"CD14": (150, np.inf), "CD3": (0, 224), "CD19": (0, 64)},
    "CD16 monocyte": {
        "CD16": (224, np.inf), "CD14": (0, 150), "CD56": (0, 80), "CD3": (0, 224), "CD19": (0, 64),
        "CD4": (64, np.inf),
    },
    "NK": {"CD56": (80, np.inf), "CD14": (0, 150), "CD3": (0, 224), "CD19": (0, 64)},
}  # fmt: skip


def citeseq() -> Dataset:
    """Load 6,855 blood cells with counts of 4,000 variable genes, in UMIs, and 14 proteins.

    The 10x Genomics data set pbmc_10k_protein_v3 as the totalVI study prepared it (Gayoso et al.,
    Nature Methods 18, 272, 2021).

    Returns
    -------
    A data set with the signals "protein", log(1 + count) of the 14 proteins, shape (6855, 14), and
    "cell_type", six labels gated from the proteins by `GATES` for the cells that fall into a gate.
    """
    counts, genes, cells = read_gene_table(fetch(RNA))
    proteins = pd.read_csv(fetch(PROTEIN), index_col=0)
    proteins.index = proteins.index.str.removesuffix("_TotalSeqB")
    panel = np.log1p(proteins[cells].to_numpy().T)
    types = gate(proteins[cells])
    gated = np.flatnonzero(types != "")
    return Dataset(
        "citeseq",
        counts,
        {
            "protein": Signal("protein", np.arange(len(cells)), panel),
            "cell_type": Signal("cell_type", gated, types[gated]),
        },
        genes=genes,
        source="10x Genomics pbmc_10k_protein_v3, prepared by Gayoso et al., Nature Methods 18, "
        "272 (2021), github.com/YosefLab/totalVI_reproducibility",
        licence="repository without a licence; 10x Genomics data, to our knowledge CC BY",
        notes=(f"{len(cells) - len(gated)} of {len(cells)} cells are in no gate: no cell_type",),
    )


def gate(proteins: pd.DataFrame) -> NDArray[np.str_]:
    """Name the type of each cell by `GATES`, empty for a cell in none; shape (n_cells,).

    Parameters
    ----------
    proteins
        Counts of proteins, one row a protein and one column a cell.
    """
    types = np.full(proteins.shape[1], "", dtype="U20")
    for name, bounds in GATES.items():
        values = proteins.loc[list(bounds)].to_numpy().T
        low, high = np.array(list(bounds.values())).T
        types[((values >= low) & (values < high)).all(axis=1)] = name
    return types
