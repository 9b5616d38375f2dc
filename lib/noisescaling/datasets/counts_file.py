"""Counts of an h5ad file or an AnnData, read by cells, so that a file may exceed the memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts, check_counts
from noisescaling.datasets._annotated import afford, opened

#: Stored values that are read at once, about 200 MB with their places.
CHUNK_VALUES = 2**24
#: Stored values between two wanted rows up to which it is quicker to read on than to jump.
_GAP = 2**14
#: Stretches that are put together at a time.
_MOST_PARTS = 1024
#: Stored values that are looked at to tell counts from other numbers.
_PEEK = 100_000

#: Thins counts a part at a time; each count on its own.
Thin = Callable[[Counts], Counts]


@dataclass(frozen=True)
class CountsFile:
    """Where counts stand in an h5ad file; nothing is read until asked for.

    Parameters
    ----------
    path
        An h5ad file.
    layer
        "X", the name of a layer, or "raw" for the `raw` part, which has genes of its own.

    Raises
    ------
    ValueError
        If there is no such file or layer.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> cells = datasets.simulate_cells(n_cells=50, n_genes=20, umis_per_cell=50)
    >>> file = datasets.CountsFile(datasets.write_h5ad(cells, "cells.h5ad"))
    >>> file.shape, sum(block.shape[0] for block in file.chunks())
    ((50, 20), 50)
    """

    path: Path
    layer: str = "X"

    def __post_init__(self) -> None:
        with opened(self.path) as cells:
            cells.matrix(self.layer)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells and of genes."""
        with opened(self.path) as cells:
            n_cells, n_genes = cells.matrix(self.layer).shape
            return n_cells, n_genes

    def genes(self) -> NDArray[np.str_]:
        """Return the names of the genes, shape (n_genes,)."""
        with opened(self.path) as cells:
            return cells.genes(self.layer)

    def read(
        self, cells: NDArray[np.intp] | None = None, thin: Thin | None = None
    ) -> sp.csr_matrix:
        """Read the counts of some cells, in UMIs; CSR of shape (len(cells), n_genes).

        Of a matrix by cells (CSR, dense) only the stretches with wanted cells are read; one by
        genes (CSC) is read through once. In memory stand the parts that are read, about 200 MB,
        and at the end the result twice.

        Parameters
        ----------
        cells
            The wanted cells, ascending; all where None.
        thin
            Applied to each part as it is read, so that only what it leaves is held; it must treat
            each count on its own, such as `lambda counts: noise.split(counts, rng, 0.1)[0]`.

        Raises
        ------
        ValueError
            If the values are no counts.
        """
        return sp.vstack(list(self.chunks(cells, thin)), format="csr")

    def chunks(
        self, cells: NDArray[np.intp] | None = None, thin: Thin | None = None
    ) -> Iterator[sp.csr_matrix]:
        """Yield the counts of some cells, in UMIs, a chunk of them at a time, in their order.

        Parameters and errors are those of `read`. A matrix by genes (CSC) comes in one chunk.
        """
        with opened(self.path) as file:
            matrix = CountsMatrix(f"{self.layer} of {file.name}", file.matrix(self.layer))
            yield from matrix.chunks(cells, thin)


@dataclass(frozen=True)
class CountsMatrix:
    """A dense, CSR or CSC matrix of cells by genes, in memory or in an open file.

    Parameters
    ----------
    name
        What errors call it.
    values
        An array or a scipy matrix, or as h5py and anndata hold one that stays in its file.
    """

    name: str
    values: Any

    @property
    def layout(self) -> str:
        """How the values are stored: "dense", "csr" or "csc"."""
        return str(getattr(self.values, "format", "dense"))

    def chunks(
        self, cells: NDArray[np.intp] | None = None, thin: Thin | None = None
    ) -> Iterator[sp.csr_matrix]:
        """Yield counts of ascending `cells`, a chunk at a time; see `CountsFile.chunks`."""
        n_cells, n_genes = self.values.shape
        rows, starts = np.arange(n_cells) if cells is None else np.asarray(cells), self.starts()
        if self.layout == "csc":
            stretches = _stretches(np.arange(n_genes), starts)
            parts = [self._prepared(self._stored(s, starts)[:, rows].T, thin) for s in stretches]
            yield sp.hstack(parts, format="csr")
            return
        batch: list[sp.csr_matrix] = []
        for stretch in _stretches(rows, starts):
            batch.append(self._prepared(self._stored(stretch, starts)[stretch - stretch[0]], thin))
            if sum(part.nnz for part in batch) > CHUNK_VALUES or len(batch) == _MOST_PARTS:
                yield sp.vstack(batch, format="csr")
                batch = []
        if batch:
            yield sp.vstack(batch, format="csr")

    def starts(self) -> NDArray[np.int64]:
        """Return where the stored values of each row begin, of each column if CSC, and the end."""
        n_cells, n_genes = self.values.shape
        n_rows = n_genes if self.layout == "csc" else n_cells
        afford(self.name, 8 * (n_rows + 1))
        if self.layout == "dense":
            return np.asarray(np.arange(n_rows + 1, dtype=np.int64) * n_genes)
        data, indices, ends = parts = self._parts()
        flat = all(len(part.shape or ()) == 1 for part in parts)
        if not flat or not {indices.dtype.kind, ends.dtype.kind} <= set("iu"):
            raise self._damaged("indices are no row of whole numbers")
        starts = np.asarray(ends[: n_rows + 2], dtype=np.int64)
        fits = len(starts) == n_rows + 1 and starts[0] == 0 and (np.diff(starts) >= 0).all()
        if not (fits and starts[-1] <= min(len(data), len(indices))):
            units = "genes" if self.layout == "csc" else "cells"
            raise self._damaged(
                f"indptr does not lead through {len(data)} stored values of {n_rows} {units}"
            )
        return starts

    def size(self, cells: NDArray[np.intp]) -> int:
        """Return an upper bound of the memory that the counts of `cells` take, in bytes."""
        starts = self.starts()
        return 8 * int(starts[-1] if self.layout == "csc" else np.diff(starts)[cells].sum())

    def holds_counts(self) -> bool:
        """Tell whether the first stored values are whole and not negative."""
        n_rows = max(1, _PEEK // max(1, self.values.shape[1]))
        some = self.values[:n_rows, :_PEEK] if self.layout == "dense" else self._parts()[0][:_PEEK]
        some = np.asarray(some)
        return some.dtype.kind in "biuf" and bool(((some >= 0) & (some == np.floor(some))).all())

    def _damaged(self, how: str) -> ValueError:
        return ValueError(f"{self.name} is damaged: its {how}; take an undamaged copy")

    def _parts(self) -> tuple[Any, Any, Any]:
        stored = getattr(self.values, "group", None)
        if stored is not None:
            return stored["data"], stored["indices"], stored["indptr"]
        return self.values.data, self.values.indices, self.values.indptr

    def _stored(self, stretch: NDArray[np.intp], starts: NDArray[np.int64]) -> sp.csr_matrix:
        """Read a stretch of rows, or of columns if CSC, each as a row."""
        first, last = int(stretch[0]), int(stretch[-1]) + 1
        where = slice(int(starts[first]), int(starts[last]))
        afford(self.name, 16 * (where.stop - where.start))
        if self.layout == "dense":
            return sp.csr_matrix(_native(self.values[first:last]))
        data, indices, _ = self._parts()
        across = self.values.shape[0 if self.layout == "csc" else 1]
        places = _native(indices[where])
        if len(places) and not 0 <= places.min() <= places.max() < across:
            raise self._damaged(
                f"indices reach from {places.min()} to {places.max()}, and there are {across} "
                f"{'cells' if self.layout == 'csc' else 'genes'}"
            )
        parts = (_native(data[where]), places, starts[first : last + 1] - starts[first])
        return sp.csr_matrix(parts, shape=(last - first, across))

    def _prepared(self, part: sp.csr_matrix, thin: Thin | None) -> sp.csr_matrix:
        """Check the counts, and return them in 32 bits each where they fit, thinned if wanted."""
        counts = check_counts(sp.csr_matrix(part), self.name)
        if not counts.nnz or counts.data.max() <= np.iinfo(np.int32).max:
            counts = sp.csr_matrix(
                (counts.data.astype(np.int32), counts.indices, counts.indptr), shape=counts.shape
            )
        return counts if thin is None else sp.csr_matrix(thin(counts))


def _native(values: Any) -> NDArray[Any]:
    """Return numbers in a type that scipy computes with: no half precision, this byte order."""
    array = np.asarray(values)
    kind = np.dtype(np.float32) if array.dtype == np.float16 else array.dtype.newbyteorder("=")
    return np.asarray(array, dtype=kind)


def _stretches(rows: NDArray[np.intp], starts: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Cut ascending rows into stretches that are worth reading in one go."""
    jump = starts[rows[1:]] - starts[rows[:-1] + 1] > _GAP
    block = starts[rows] // CHUNK_VALUES
    cuts = np.flatnonzero(jump | (block[1:] != block[:-1])) + 1
    return np.split(rows, cuts)
