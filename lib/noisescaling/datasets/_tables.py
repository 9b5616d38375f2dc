"""Counts as studies publish them: tables of genes by cells, or counts over a cell's factor."""

from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts, check_counts


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


def require_columns(table: pd.DataFrame, wanted: list[str], where: str) -> None:
    """Refuse a table that lacks a column, with those that it has."""
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        has = ", ".join(map(str, table.columns))
        raise ValueError(f"{where} has no column {', '.join(missing)}; it has {has}")
