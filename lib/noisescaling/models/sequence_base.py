"""What a representation model of proteins is, and the checks that all of them share."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._sequences import Sequences, check_sequences
from noisescaling.models.base import FloatArray, SeededModel, Settings


class SequenceModel(SeededModel[Settings]):
    """A representation model of proteins: checks them, then leaves the work to `_fit`, `_embed`."""

    #: Whether a place must mean the same in all sequences.
    aligned = False
    n_residues: int

    def fit(self, data: ArrayLike) -> Self:
        """Learn from sequences, (n_sequences,), and return the model.

        Raises
        ------
        ValueError
            If `data` are no proteins, too few, or of several lengths where they must be aligned.
        """
        sequences = check_sequences(data, "data", aligned=self.aligned)
        if len(sequences) < self._least():
            raise ValueError(
                f"data has {len(sequences)} sequences and {type(self).__name__} needs "
                f"{self._least()}; give more sequences"
            )
        self._fit(sequences)
        self.n_residues = int(np.strings.str_len(sequences).max())
        return self

    def embed(self, data: ArrayLike) -> FloatArray:
        """Return the embedding of sequences: finite floats, (n_sequences, d).

        Raises
        ------
        ValueError
            If the model is not fitted, `data` are no proteins or, where they must be aligned, of
            another length than those of the fit.
        """
        name = type(self).__name__
        if not hasattr(self, "n_residues"):
            raise ValueError(f"{name} is not fitted; call fit before embed")
        sequences = check_sequences(data, "data", aligned=self.aligned)
        length = int(np.strings.str_len(sequences).max())
        if self.aligned and length != self.n_residues:
            raise ValueError(
                f"data has {length} residues and {name} was fitted on {self.n_residues}; "
                "give sequences of the same alignment"
            )
        return np.asarray(self._embed(sequences), dtype=np.float64)

    def _least(self) -> int:
        """Return the smallest number of sequences that the model can learn from."""
        return 2

    def _fit(self, sequences: Sequences) -> None:
        raise NotImplementedError

    def _embed(self, sequences: Sequences) -> NDArray[Any]:
        raise NotImplementedError
