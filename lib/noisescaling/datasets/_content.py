"""A checksum of content: the same for the same numbers, whatever their type or storage."""

import hashlib
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._counts import Counts

_ROWS = 4096


class Digest:
    """SHA-256 of counts, numbers and texts added one after the other."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def hexdigest(self) -> str:
        """Return the sum of all that was added, 64 hexadecimal digits."""
        return self._sha.hexdigest()

    def add_text(self, text: str) -> None:
        """Add a text, its length first, so that no two texts run into one another."""
        data = text.encode()
        self._sha.update(len(data).to_bytes(8, "little") + data)

    def add_values(self, values: NDArray[Any]) -> None:
        """Add numbers as 64-bit floats, or anything else as text, with the shape first."""
        array = np.asarray(values)
        self.add_text(f"{array.shape} {'number' if array.dtype.kind in 'biuf' else 'text'}")
        if array.dtype.kind in "biuf":
            self._sha.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        else:
            for value in array.ravel():
                self.add_text(str(value))

    def add_counts(self, counts: Counts) -> None:
        """Add counts (n_cells, n_genes), dense or CSR, by their non-zero entries."""
        self.add_text(f"{tuple(int(n) for n in counts.shape)} counts")
        for start in range(0, counts.shape[0], _ROWS):
            block = sp.csr_matrix(counts[start : start + _ROWS], copy=True)
            block.sum_duplicates()
            block.eliminate_zeros()
            for part in (block.indptr, block.indices, block.data):
                self._sha.update(np.ascontiguousarray(part, dtype="<i8").tobytes())
