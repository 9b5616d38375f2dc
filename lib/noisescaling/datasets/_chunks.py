"""Some rows of a matrix on disk, in chunks that fit into memory."""

from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts

#: Stored values that are read at once, about 200 MB with their places.
CHUNK_VALUES = 2**24
#: Stored values between two wanted rows up to which it is quicker to read on than to jump.
_GAP = 2**14

#: What is done to each chunk as soon as it is read.
Prepare = Callable[[Counts], sp.csr_matrix]


def row_chunks(matrix: Any, rows: NDArray[np.intp], prepare: Prepare) -> Iterator[sp.csr_matrix]:
    """Yield ascending `rows` of a matrix on disk, CSR, a chunk of rows at a time.

    Of a matrix by rows (dense, CSR) only the stretches with wanted rows are read. One by columns
    (CSC) is read through once, and comes in one chunk.

    Parameters
    ----------
    matrix
        An h5py dataset, or anndata's view of a sparse matrix on disk.
    rows
        Wanted rows, ascending, shape (m,).
    prepare
        Applied to what is read at a time, before anything is put together.
    """
    if isinstance(matrix, h5py.Dataset):
        starts = np.arange(matrix.shape[0] + 1, dtype=np.int64) * matrix.shape[1]
        return _by_rows(matrix, rows, starts, prepare)
    starts = matrix.group["indptr"][:].astype(np.int64)
    if matrix.format == "csr":
        return _by_rows(matrix, rows, starts, prepare)
    return _by_columns(matrix, rows, starts, prepare)


def _by_rows(
    matrix: Any, rows: NDArray[np.intp], starts: NDArray[np.int64], prepare: Prepare
) -> Iterator[sp.csr_matrix]:
    batch: list[sp.csr_matrix] = []
    held = 0
    for stretch in _stretches(rows, starts):
        first = int(stretch[0])
        read = matrix[first : int(stretch[-1]) + 1][stretch - first]
        batch.append(prepare(sp.csr_matrix(read)))
        held += batch[-1].nnz
        if held > CHUNK_VALUES:
            yield sp.vstack(batch, format="csr")
            batch, held = [], 0
    if batch:
        yield sp.vstack(batch, format="csr")


def _by_columns(
    matrix: Any, rows: NDArray[np.intp], starts: NDArray[np.int64], prepare: Prepare
) -> Iterator[sp.csr_matrix]:
    parts = [
        prepare(sp.csr_matrix(sp.csc_matrix(matrix[:, int(some[0]) : int(some[-1]) + 1])[rows]))
        for some in _stretches(np.arange(matrix.shape[1]), starts)
    ]
    yield sp.hstack(parts, format="csr")


def _stretches(rows: NDArray[np.intp], starts: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Cut ascending rows into stretches that are worth reading in one go.

    `starts` (n_rows + 1,) is where each row's stored values begin on disk.
    """
    jump = starts[rows[1:]] - starts[rows[:-1] + 1] > _GAP
    block = starts[rows] // CHUNK_VALUES
    cuts = np.flatnonzero(jump | (block[1:] != block[:-1])) + 1
    return np.split(rows, cuts)
