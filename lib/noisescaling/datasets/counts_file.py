"""Counts in an h5ad file, read by cells, so that the file may be larger than the memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts, check_counts
from noisescaling.datasets._chunks import row_chunks
from noisescaling.datasets._h5ad import count_places, read_element

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
    """

    path: Path
    layer: str = "X"

    def __post_init__(self) -> None:
        places = count_places(self.path)
        if self.layer not in places:
            raise ValueError(
                f"layer = {self.layer!r} is not in {self.path.name}; give one of "
                f"{', '.join(places)}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells and of genes."""
        with self._open() as matrix:
            n_cells, n_genes = matrix.shape
        return int(n_cells), int(n_genes)

    def genes(self) -> NDArray[np.str_]:
        """Return the names of the genes, shape (n_genes,)."""
        table = read_element(self.path, "raw/var" if self._place == "raw/X" else "var")
        return np.asarray(table.index, dtype=str)

    def read(
        self, cells: NDArray[np.intp] | None = None, thin: Thin | None = None
    ) -> sp.csr_matrix:
        """Read the counts of some cells, in UMIs; CSR of shape (len(cells), n_genes).

        Of a matrix by cells (CSR, dense) only the stretches with wanted cells are read; one by
        genes (CSC) is read through once. Never more than a chunk of about 200 MB is held besides
        the result.

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

        def prepare(part: Counts) -> sp.csr_matrix:
            counts = _compact(check_counts(part, f"{self._place} of {self.path.name}"))
            return counts if thin is None else sp.csr_matrix(thin(counts))

        with self._open() as matrix:
            wanted = np.arange(matrix.shape[0]) if cells is None else np.asarray(cells)
            yield from row_chunks(matrix, wanted, prepare)

    def size(self, cells: NDArray[np.intp]) -> int:
        """Return an upper bound of the memory that the counts of `cells` take, in bytes."""
        with self._open() as matrix:
            if isinstance(matrix, h5py.Dataset):
                return 8 * len(cells) * int(matrix.shape[1])
            if matrix.format == "csr":
                return 8 * int(np.diff(matrix.group["indptr"][:])[cells].sum())
            return 8 * int(matrix.group["data"].shape[0])

    def holds_counts(self) -> bool:
        """Tell whether the first stored values are whole and not negative."""
        some = self._first_values()
        return bool(((some >= 0) & (some == np.floor(some))).all())

    def other_counts(self) -> list[str]:
        """Return the other places of the file that hold counts, as `layer` would name them."""
        names = [name for name in count_places(self.path) if name != self.layer]
        return [name for name in names if CountsFile(self.path, name).holds_counts()]

    @property
    def _place(self) -> str:
        return count_places(self.path)[self.layer]

    def _first_values(self) -> NDArray[Any]:
        with self._open() as matrix:
            if isinstance(matrix, h5py.Dataset):
                return np.asarray(matrix[: max(1, _PEEK // max(1, matrix.shape[1]))])
            return np.asarray(matrix.group["data"][:_PEEK])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Open the matrix: an h5py dataset if dense, anndata's view of the file if sparse."""
        from anndata.io import sparse_dataset

        with h5py.File(self.path, "r") as file:
            element = file[self._place]
            yield element if isinstance(element, h5py.Dataset) else sparse_dataset(element)


def _compact(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Return counts in 32 bits each where they fit."""
    if counts.nnz and counts.data.max() > np.iinfo(np.int32).max:
        return counts
    parts = (counts.data.astype(np.int32), counts.indices, counts.indptr)
    return sp.csr_matrix(parts, shape=counts.shape)
