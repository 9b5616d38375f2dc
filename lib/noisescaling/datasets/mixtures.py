"""Human lung cancer cell lines: single cells of known line, and mixed RNA of known shares."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from noisescaling.datasets._tables import read_gene_table
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.registry import fetch

#: The five sets of single cells, as the study's files call them.
CellSet = Literal["celseq2", "celseq2_5cl_p1", "celseq2_5cl_p2", "celseq2_5cl_p3", "dropseq"]
CELL_SETS: tuple[CellSet, ...] = get_args(CellSet)

_LINES = ("H2228", "H1975", "HCC827")


def files(name: str) -> tuple[str, str]:
    """Return the registry's paths of a set's counts and of what is known of its cells."""
    return f"sc/mixology_{name}.count.csv.gz", f"sc/mixology_{name}.metadata.csv.gz"


def cell_lines(name: CellSet) -> Dataset:
    """Load 156 to 252 single cells of three or five lines, 16 to 37 thousand UMIs a cell.

    The line of each cell is told by its genotype (demuxlet); droplets or wells that demuxlet calls
    doublets are left out, and so are the ERCC spike-ins, which are no cell's RNA.

    Returns
    -------
    A data set with the signal "cell_type", the cell line.
    """
    dataset, known = _read(f"sc_{name}")
    single = (known["demuxlet_cls"] == "SNG").to_numpy()
    lines = known["cell_line_demuxlet"].to_numpy(dtype=str)[single]
    return replace(
        dataset.take(np.flatnonzero(single)),
        name=f"mixology_{name}",
        signals={"cell_type": Signal("cell_type", np.arange(len(lines)), lines)},
        notes=(*dataset.notes, f"{(~single).sum()} of {len(single)} cells are doublets: left out"),
    )


def rna_mixture() -> Dataset:
    """Load 340 wells of RNA of three cell lines, mixed in seven known shares and four amounts.

    Returns
    -------
    A data set with the signals "proportions", the shares of the lines H2228 and H1975 (the rest is
    HCC827), shape (340, 2); "mixture", the same seven mixes as labels; and "amount", log2 of the
    RNA in picograms, shape (340,).
    """
    dataset, known = _read("RNAmix_celseq2")
    shares = known[[f"{line}_prop" for line in _LINES]].to_numpy(dtype=float)
    shares /= shares.sum(axis=1, keepdims=True)
    names = [
        " ".join(f"{100 * s:.0f}% {n}" for s, n in zip(row, _LINES, strict=True)) for row in shares
    ]
    wells, amount = np.arange(len(shares)), np.log2(known["mRNA_amount"].to_numpy(dtype=float))
    signals = {
        "proportions": Signal("proportions", wells, shares[:, :2], kind="continuous"),
        "mixture": Signal("mixture", wells, np.array(names)),
        "amount": Signal("amount", wells, amount, kind="continuous"),
    }
    return replace(dataset, name="rna_mixture", signals=signals)


def _read(name: str) -> tuple[Dataset, pd.DataFrame]:
    """Read a set without its spike-ins, and what is known of its cells, in the cells' order."""
    counts_file, known_file = files(name)
    counts, genes, cells = read_gene_table(fetch(counts_file))
    own = ~np.char.startswith(genes, "ERCC-")
    notes = (f"{(~own).sum()} spike-ins are left out",) if not own.all() else ()
    known = pd.read_csv(fetch(known_file), index_col=0).loc[cells]
    dataset = Dataset(
        name, counts[:, own], {}, genes=genes[own], notes=notes, licence="MIT",
        source="Tian et al., Nature Methods 16, 479 (2019), github.com/LuyiTian/sc_mixology",
    )  # fmt: skip
    return dataset, known
