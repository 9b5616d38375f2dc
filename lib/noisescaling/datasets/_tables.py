"""Counts from tables: one line a gene, one column a cell, names in the first line and column."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import check_counts


def read_gene_table(path: Path) -> tuple[sp.csr_matrix, NDArray[np.str_], NDArray[np.str_]]:
    """Read counts, in UMIs, from a gzipped CSV of genes by cells, keeping what is not zero.

    The first line names the cells, with or without an entry for the genes' own column.

    Returns
    -------
    Counts (n_cells, n_genes), the genes' names (n_genes,) and the cells' names (n_cells,).

    Raises
    ------
    ValueError
        If a line has another number of counts than there are cells, or holds no counts.
    """
    genes: list[str] = []
    found: list[NDArray[np.intp]] = []
    values: list[NDArray[np.float64]] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        cells = [name.strip('"\r\n') for name in next(file).split(",")]
        cells = cells[1:] if cells[0] == "" else cells
        for line in file:
            gene, _, text = line.partition(",")
            counts = np.fromstring(text, sep=",")
            if len(counts) != len(cells):
                raise ValueError(
                    f"{path.name} has {len(cells)} cells and {len(counts)} counts of gene {gene}"
                )
            genes.append(gene.strip('"'))
            found.append(np.flatnonzero(counts))
            values.append(counts[found[-1]])
    ends = np.cumsum([0, *map(len, found)])
    parts = (np.concatenate(values), np.concatenate(found), ends)
    table = sp.csr_matrix(parts, shape=(len(genes), len(cells)))
    matrix = check_counts(table.T.tocsr(), path.name).astype(np.int32)
    return matrix, np.array(genes), np.array(cells)


def require_columns(table: pd.DataFrame, wanted: list[str], where: str) -> None:
    """Refuse a table that lacks a column, with those that it has."""
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        has = ", ".join(map(str, table.columns))
        raise ValueError(f"{where} has no column {', '.join(missing)}; it has {has}")
