"""Principal components of residues: the representation of proteins that knows no biology."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisescaling._sequences import AMINO_ACIDS, Sequences, as_letters
from noisescaling.models._axes import leading_axes
from noisescaling.models.base import ComponentSettings, FloatArray
from noisescaling.models.sequence_base import SequenceModel

_LETTERS = np.array([ord(letter) for letter in AMINO_ACIDS + "-"], dtype=np.uint32)


@dataclass(frozen=True)
class OneHotPCASettings(ComponentSettings):
    """Settings of `OneHotPCA`."""


class OneHotPCA(SequenceModel[OneHotPCASettings]):
    """Leading principal components of aligned sequences, one column a place and letter.

    A letter is one of the 20 amino acids or a gap; stops and ambiguous letters are none, all
    columns 0. Nothing here is random: the seed changes nothing. Components beyond the rank of the
    data are 0.
    """

    default = OneHotPCASettings()
    aligned = True

    def _least(self) -> int:
        return max(2, self.settings.n_components)

    def _fit(self, sequences: Sequences) -> None:
        columns = one_hot(sequences)
        #: Share of the sequences with each place's letter, (n_places * 21,).
        self.mean: FloatArray = columns.mean(axis=0, dtype=np.float64)
        # Fewer sequences than columns: the axes follow from the sequences' inner products.
        gram = (columns @ columns.T).astype(np.float64)
        gram -= gram.mean(axis=0) + gram.mean(axis=1)[:, None] - gram.mean()
        values, vectors = leading_axes(gram, self.settings.n_components)
        real = values > max(values[0], 0) * len(gram) * np.finfo(np.float32).eps
        scale = np.where(real, 1 / np.sqrt(np.where(real, values, 1)), 0)
        centred = columns.T @ vectors - np.outer(self.mean, vectors.sum(axis=0))
        #: Principal axes, (n_places * 21, n_components).
        self.components: FloatArray = centred * scale

    def _embed(self, sequences: Sequences) -> NDArray[np.float64]:
        return np.asarray(one_hot(sequences) @ self.components - self.mean @ self.components)


def one_hot(sequences: Sequences) -> NDArray[np.float32]:
    """Return 1 where a place holds a letter, else 0; (n_sequences, n_places * 21)."""
    letters = as_letters(sequences)
    held = letters[:, :, None] == _LETTERS
    return np.asarray(held.reshape(len(letters), -1), dtype=np.float32)
