"""Some rows of a matrix in an HDF5 file, in chunks that fit into memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import h5py
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts

#: Stored values that are read at once, about 200 MB with their places.
CHUNK_VALUES = 2**24
#: Stored values between two wanted rows up to which it is quicker to read on than to jump.
_GAP = 2**14
#: Stretches that are put together at a time.
_MOST_PARTS = 1024

#: What is done to each chunk as soon as it is read.
Prepare = Callable[[Counts], sp.csr_matrix]


@dataclass(frozen=True)
class DiskMatrix:
    """A dense, CSR or CSC matrix of an open file, as anndata stores it.

    Parameters
    ----------
    element
        An h5py dataset if dense, a group with `data`, `indices` and `indptr` if sparse.
    """

    element: h5py.Dataset | h5py.Group

    @property
    def layout(self) -> Literal["dense", "csr", "csc"]:
        """How the values are stored."""
        if isinstance(self.element, h5py.Dataset):
            return "dense"
        attributes = self.element.attrs
        named = attributes.get("encoding-type", attributes.get("h5sparse_format", ""))
        return "csc" if "csc" in str(named) else "csr"

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        if isinstance(self.element, h5py.Dataset):
            n_rows, n_columns = self.element.shape
        else:
            attributes = self.element.attrs
            n_rows, n_columns = attributes.get("shape", attributes.get("h5sparse_shape"))
        return int(n_rows), int(n_columns)

    def starts(self) -> NDArray[np.int64]:
        """Return where the stored values of each row begin, of each column if CSC, and the end."""
        if isinstance(self.element, h5py.Dataset):
            return np.arange(self.shape[0] + 1, dtype=np.int64) * self.shape[1]
        return np.asarray(self.element["indptr"][:], dtype=np.int64)

    def first_values(self, n: int) -> NDArray[Any]:
        """Return about the first `n` stored values."""
        if isinstance(self.element, h5py.Dataset):
            return np.asarray(self.element[: max(1, n // max(1, self.shape[1]))])
        return np.asarray(self.element["data"][:n])

    def chunks(self, rows: NDArray[np.intp], prepare: Prepare) -> Iterator[sp.csr_matrix]:
        """Yield ascending `rows`, CSR, a chunk of them at a time; all in one chunk if CSC.

        Of a matrix by rows (dense, CSR) only the stretches with wanted rows are read; one by
        columns (CSC) is read through once. `prepare` is applied to what is read at a time, before
        anything is put together.
        """
        starts = self.starts()
        if self.layout == "csc":
            stretches = _stretches(np.arange(self.shape[1]), starts)
            parts = [prepare(sp.csr_matrix(self._stored(s, starts)[:, rows].T)) for s in stretches]
            yield sp.hstack(parts, format="csr")
            return
        batch: list[sp.csr_matrix] = []
        for stretch in _stretches(rows, starts):
            batch.append(prepare(self._stored(stretch, starts)[stretch - stretch[0]]))
            if sum(part.nnz for part in batch) > CHUNK_VALUES or len(batch) == _MOST_PARTS:
                yield sp.vstack(batch, format="csr")
                batch = []
        if batch:
            yield sp.vstack(batch, format="csr")

    def _stored(self, stretch: NDArray[np.intp], starts: NDArray[np.int64]) -> sp.csr_matrix:
        """Read a stretch of rows, or of columns if CSC, each as a row."""
        first, last = int(stretch[0]), int(stretch[-1]) + 1
        if isinstance(self.element, h5py.Dataset):
            return sp.csr_matrix(self.element[first:last])
        where = slice(int(starts[first]), int(starts[last]))
        ends = starts[first : last + 1] - starts[first]
        parts = (self.element["data"][where], self.element["indices"][where], ends)
        across = self.shape[0] if self.layout == "csc" else self.shape[1]
        return sp.csr_matrix(parts, shape=(last - first, across))


def _stretches(rows: NDArray[np.intp], starts: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Cut ascending rows into stretches that are worth reading in one go."""
    jump = starts[rows[1:]] - starts[rows[:-1] + 1] > _GAP
    block = starts[rows] // CHUNK_VALUES
    cuts = np.flatnonzero(jump | (block[1:] != block[:-1])) + 1
    return np.split(rows, cuts)
