"""Public cells with something known of them: read from the files that their studies published."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts, check_counts
from noisescaling.datasets._annotated import read_anndata
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import early_and_late, nearest_neighbours
from noisescaling.datasets.registry import fetch

CITESEQ = ("sc/totalvi_pbmc10k_harmo_rna.csv.gz", "sc/totalvi_pbmc10k_harmo_pro.csv.gz")
LARRY, OSMFISH = "sc/cospar_test_larry.h5ad", "sc/smfish.h5ad"

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

#: Sets of single cells of known cell lines, as the study's files call them.
CELL_LINES = ("celseq2", "celseq2_5cl_p1", "celseq2_5cl_p2", "celseq2_5cl_p3", "dropseq")
_MIXED_LINES = ("H2228", "H1975", "HCC827")


def pbmc68k_reduced() -> Dataset:
    """Load 700 real blood cells with counts of 765 genes, in UMIs, and ten cell types.

    Peripheral blood cells of the 68k data set of Zheng et al. (2017), as scanpy carries them, with
    the signal "cell_type". The package keeps them normalized by cell and log-transformed; the
    integer counts are recovered.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> cells = datasets.pbmc68k_reduced()
    >>> cells.counts.shape, round(cells.umis_per_cell)
    ((700, 765), 695)
    """
    import scanpy as sc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata = sc.datasets.pbmc68k_reduced()
        # `adata.X` is scaled; the log-normalized values of all genes stand in `adata.raw`.
        normalized = sp.csr_matrix(adata.raw.X)
    labels = adata.obs["bulk_labels"].astype(str).to_numpy()
    return Dataset(
        "pbmc68k_reduced",
        counts_from_log1p(normalized),
        {"cell_type": Signal.of_all("cell_type", labels)},
        genes=adata.raw.var_names.to_numpy(dtype=str),
        source="Zheng et al., Nature Communications 8, 14049 (2017), inside scanpy",
        licence="10x Genomics data, to our knowledge CC BY; scanpy is BSD 3-clause",
    )


def citeseq() -> Dataset:
    """Load 6,855 blood cells with counts of 4,000 variable genes, in UMIs, and 14 proteins.

    The 10x Genomics data set pbmc_10k_protein_v3 as the totalVI study prepared it. Signals:
    "protein", log(1 + count) of the proteins, (6855, 14), and "cell_type", six labels gated from
    them by `GATES` for the cells that fall into a gate.
    """
    counts, genes, cells = read_gene_table(fetch(CITESEQ[0]))
    proteins = pd.read_csv(fetch(CITESEQ[1]), index_col=0)[cells]
    proteins.index = proteins.index.str.removesuffix("_TotalSeqB")
    types = gate(proteins)
    gated = np.flatnonzero(types != "")
    return Dataset(
        "citeseq",
        counts,
        {
            "protein": Signal.of_all("protein", np.log1p(proteins.to_numpy().T)),
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


def cell_lines(name: str) -> Dataset:
    """Load 156 to 252 single cells of three or five lines, 16 to 37 thousand UMIs a cell.

    The signal "cell_type" is the line of each cell, told by its genotype (demuxlet). Droplets or
    wells that demuxlet calls doublets are left out, and so are the ERCC spike-ins, which are no
    cell's RNA.
    """
    dataset, known = _mixology(f"sc_{name}")
    single = (known["demuxlet_cls"] == "SNG").to_numpy()
    lines = known["cell_line_demuxlet"].to_numpy(dtype=str)[single]
    return replace(
        dataset.take(np.flatnonzero(single)),
        name=f"mixology_{name}",
        signals={"cell_type": Signal.of_all("cell_type", lines)},
        notes=(*dataset.notes, f"{(~single).sum()} of {len(single)} cells are doublets: left out"),
    )


def rna_mixture() -> Dataset:
    """Load 340 wells of RNA of three cell lines, mixed in seven known shares and four amounts.

    Signals: "proportions", the shares of the lines H2228 and H1975 (the rest is HCC827), (340, 2);
    "mixture", the same seven mixes as labels; and "amount", log2 of the RNA in picograms.
    """
    dataset, known = _mixology("RNAmix_celseq2")
    shares = known[[f"{line}_prop" for line in _MIXED_LINES]].to_numpy(dtype=float)
    shares /= shares.sum(axis=1, keepdims=True)
    names = [
        " ".join(f"{100 * s:.0f}% {n}" for s, n in zip(row, _MIXED_LINES, strict=True))
        for row in shares
    ]
    amount = np.log2(known["mRNA_amount"].to_numpy(dtype=float))
    signals = {
        "proportions": Signal.of_all("proportions", shares[:, :2], kind="continuous"),
        "mixture": Signal.of_all("mixture", np.array(names)),
        "amount": Signal.of_all("amount", amount, kind="continuous"),
    }
    return replace(dataset, name="rna_mixture", signals=signals)


def mixology_files(name: str) -> tuple[str, str]:
    """Return the paths of a set's counts and of what is known of its cells."""
    return f"sc/mixology_{name}.count.csv.gz", f"sc/mixology_{name}.metadata.csv.gz"


def _mixology(name: str) -> tuple[Dataset, pd.DataFrame]:
    """Read a set without its spike-ins, and what is known of its cells, in the cells' order."""
    counts_file, known_file = mixology_files(name)
    counts, genes, cells = read_gene_table(fetch(counts_file))
    own = ~np.char.startswith(genes, "ERCC-")
    notes = (f"{(~own).sum()} spike-ins are left out",) if not own.all() else ()
    known = pd.read_csv(fetch(known_file), index_col=0).loc[cells]
    dataset = Dataset(
        name, counts[:, own], {}, genes=genes[own], notes=notes, licence="MIT",
        source="Tian et al., Nature Methods 16, 479 (2019), github.com/LuyiTian/sc_mixology",
    )  # fmt: skip
    return dataset, known


def larry() -> Dataset:
    """Load 781 barcoded blood cells with counts of 2,481 genes, in UMIs, of three days.

    The sample of the LARRY data that comes with CoSpar (Wang et al., Nature Biotechnology 40, 1066,
    2022), with the signals of `lineage_signals`: 155 pairs of sisters. The file keeps counts over a
    factor of each cell; the integers are recovered.
    """
    adata = read_anndata(fetch(LARRY))
    days = adata.obs["time_info"].astype(float).to_numpy()
    types = adata.obs["state_info"].to_numpy(dtype=str)
    return Dataset(
        "larry",
        counts_from_normalized(sp.csr_matrix(adata.X), tolerance=0.01),
        lineage_signals(clone_of(adata.obsm["X_clone"]), days, types),
        genes=adata.var_names.to_numpy(dtype=str),
        source="Weinreb et al., Science 367, eaaw3381 (2020), the sample in "
        "github.com/AllonKleinLab/cospar",
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
    """Return the signals "clone", "time" (the day as a label), "day" and "cell_type" of cells.

    Parameters
    ----------
    clones
        Clone of each cell, shape (n_cells,); -1 where unknown.
    days
        Day of each cell, shape (n_cells,). A cell's sister is of the last day, it is of an earlier.
    types
        Type of each cell, shape (n_cells,).
    seed
        Which of the sisters are paired.
    """
    known = np.flatnonzero(clones >= 0)
    early, late = early_and_late(clones[known], days[known], np.random.default_rng(seed))
    return {
        "clone": Signal("clone", known[early], partners=known[late]),
        "time": Signal.of_all("time", np.array([f"day {day:g}" for day in days])),
        "day": Signal.of_all("day", days, kind="continuous"),
        "cell_type": Signal.of_all("cell_type", types),
    }


def osmfish() -> Dataset:
    """Load 4,076 cells of the mouse somatosensory cortex, molecules of 33 genes counted in place.

    Signals: "neighbour" (each cell with its nearest one; mutual neighbours make one pair) and
    "cell_type", six labels. The file holds 454 cells twice, with one place and the same counts; a
    cell would be its own neighbour, so the second copy is left out.
    """
    adata = read_anndata(fetch(OSMFISH))
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
            "cell_type": Signal.of_all("cell_type", types),
        },
        genes=adata.var_names.to_numpy(dtype=str),
        source="Codeluppi et al., Nature Methods 15, 932 (2018), github.com/YosefLab/scVI-data",
        licence="repository without a licence",
        notes=(f"{len(places) - len(cells)} of {len(places)} cells are copies: left out",),
    )


def read_gene_table(path: Path) -> tuple[sp.csr_matrix, NDArray[np.str_], NDArray[np.str_]]:
    """Read counts, in UMIs, from a CSV file of genes by cells, compressed or not.

    The first line names the cells, with or without an entry for the genes' own column.

    Returns
    -------
    Counts (n_cells, n_genes), the genes' names (n_genes,) and the cells' names (n_cells,).

    Raises
    ------
    ValueError
        If a line has fewer counts than there are cells, or holds no counts.
    """
    table = pd.read_csv(path, index_col=0, keep_default_na=False, na_values=[""])
    found = table.notna().sum(axis=1)
    short = found[found < table.shape[1]]
    if len(short):
        raise ValueError(
            f"{path.name} has {table.shape[1]} cells and {short.iloc[0]} counts of gene "
            f"{short.index[0]}"
        )
    counts = check_counts(sp.csr_matrix(table.to_numpy().T), path.name).astype(np.int32)
    return counts, table.index.to_numpy(dtype=str), table.columns.to_numpy(dtype=str)


def counts_from_normalized(
    normalized: Counts, tolerance: float = 0.25, wanted: str = "counts over a factor of each cell"
) -> Counts:
    """Recover integer counts, in UMIs, from counts that were divided by a factor of each cell.

    A cell's smallest non-zero value is one molecule, if the cell has a gene with one molecule; the
    others are whole multiples of it.

    Parameters
    ----------
    normalized
        Count x size factor of the cell, CSR of shape (n_cells, n_genes).
    tolerance
        Largest distance from a whole number, in molecules, that is taken for rounding of the
        stored values.
    wanted
        What the error asks for.

    Raises
    ------
    ValueError
        If a recovered count is not a whole number within `tolerance`.
    """
    values = pd.Series(normalized.data.astype(np.float64))
    cell = np.repeat(np.arange(normalized.shape[0]), np.diff(normalized.indptr))
    multiples = (values / values.groupby(cell).transform("min")).to_numpy()
    counts = np.rint(multiples)
    worst = float(np.max(np.abs(multiples - counts), initial=0))
    if worst > tolerance:
        raise ValueError(
            f"normalized is {worst:.2g} molecules away from whole multiples of each cell's "
            f"smallest value, more than {tolerance:g}; give {wanted}"
        )
    parts = (counts.astype(np.int64), normalized.indices, normalized.indptr)
    return sp.csr_matrix(parts, shape=normalized.shape)


def counts_from_log1p(normalized: Counts) -> Counts:
    """Recover integer counts, in UMIs, from log(1 + count x size factor of the cell), CSR.

    Raises
    ------
    ValueError
        If a recovered count is more than a quarter away from a whole number.
    """
    linear = normalized.astype(np.float64).expm1()
    return counts_from_normalized(linear, wanted="log1p-transformed counts")
