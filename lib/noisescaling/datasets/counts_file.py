"""Counts in an h5ad file, read by cells, so that the file may be larger than the memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts, check_counts
from noisescaling.datasets._chunks import DiskMatrix
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
            return matrix.shape

    def genes(self) -> NDArray[np.str_]:
        """Return the names of the genes, shape (n_genes,)."""
        table = read_element(self.path, "raw/var" if self._place == "raw/X" else "var")
        return np.asarray(table.index, dtype=str)

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
        name = f"{self._place} of {self.path.name}"

        def prepare(part: Counts) -> sp.csr_matrix:
            counts = _compact(check_counts(part, name))
            return counts if thin is None else sp.csr_matrix(thin(counts))

        with self._open() as matrix:
            wanted = np.arange(matrix.shape[0]) if cells is None else np.asarray(cells)
            yield from matrix.chunks(wanted, prepare)

    def size(self, cells: NDArray[np.intp]) -> int:
        """Return an upper bound of the memory that the counts of `cells` take, in bytes."""
        with self._open() as matrix:
            if matrix.layout == "csc":
                return 8 * int(matrix.starts()[-1])
            return 8 * int(np.diff(matrix.starts())[cells].sum())

    def holds_counts(self) -> bool:
        """Tell whether the first stored values are whole and not negative."""
        with self._open() as matrix:
            some = matrix.first_values(_PEEK)
        return bool(((some >= 0) & (some == np.floor(some))).all())

    def other_counts(self) -> list[str]:
        """Return the other places of the file that hold counts, as `layer` would name them."""
        names = [name for name in count_places(self.path) if name != self.layer]
        return [name for name in names if CountsFile(self.path, name).holds_counts()]

    @property
    def _place(self) -> str:
        return count_places(self.path)[self.layer]

    @contextmanager
    def _open(self) -> Iterator[DiskMatrix]:
        with h5py.File(self.path, "r") as file:
            yield DiskMatrix(file[self._place])


def _compact(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Return counts in 32 bits each where they fit."""
    if counts.nnz and counts.data.max() > np.iinfo(np.int32).max:
        return counts
    parts = (counts.data.astype(np.int32), counts.indices, counts.indptr)
    return sp.csr_matrix(parts, shape=counts.shape)
