"""Protein sequences with signals; what is too close to an earlier one; gaps that are filled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import whole
from noisescaling._sequences import (
    RESIDUES,
    Sequences,
    as_letters,
    as_texts,
    check_sequences,
)
from noisescaling.datasets.dataset import Observations, Signal
from noisescaling.modalities import SEQUENCES

#: Letters that say nothing of a residue: they differ from none.
_UNKNOWN = ord("X")


@dataclass(frozen=True)
class SequenceDataset(Observations):
    """Protein sequences with the signals that a representation of them should tell of.

    Parameters
    ----------
    name
        What the data set is called in tables and figures.
    sequences
        One text a protein, shape (n_sequences,), of equal lengths or not.
    signals
        The signals by name.
    labels
        Names of the sequences, shape (n_sequences,).
    source
        Where the data come from: an address, a citation, or the simulator's settings.
    truth
        What is known of simulated observations; None of real ones.
    licence
        Under which terms the data are published, as far as known; empty where they have none.
    notes
        What was left out or changed when the data were read, a sentence each.
    held_out
        Which sequences are set aside to be measured on, (n_sequences,); None for the rule of
        `set_aside`, whole clades.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> clade = datasets.Signal.of_all("clade", np.array(["a", "a", "b", "b"]))
    >>> own = datasets.SequenceDataset("mine", ["MKT", "MKS", "MRT", "MRS"], {"clade": clade})
    >>> own.n_samples, own.signals["clade"].entropy
    (4, 1.0)
    """

    modality, units = SEQUENCES.name, SEQUENCES.units
    _by_row = ("sequences", "labels", "held_out")

    name: str
    sequences: Sequences
    signals: Mapping[str, Signal]
    labels: NDArray[np.str_] | None = None
    source: str = ""
    truth: Any = field(default=None, repr=False)
    licence: str = ""
    notes: tuple[str, ...] = ()
    held_out: NDArray[np.bool_] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sequences", check_sequences(self.sequences))
        super().__post_init__()


def distinct(sequences: Sequences, min_distance: int = 1) -> NDArray[np.intp]:
    """Return the rows of sequences that differ from all earlier kept ones, ascending.

    Parameters
    ----------
    sequences
        One text a protein, (n,).
    min_distance
        Smallest number of residues between two that are kept; X differs from nothing. At 1, texts
        that are not equal differ.

    Raises
    ------
    ValueError
        If `min_distance` is below 1, or above 1 and the sequences have several lengths.
    """
    if whole("min_distance", min_distance, at_least=1) == 1:
        return np.sort(np.unique(sequences, return_index=True)[1])
    letters = as_letters(check_sequences(sequences, aligned=True)).astype(np.uint8)
    kept: list[int] = []
    stack = np.empty_like(letters)
    for row, here in enumerate(letters):
        others = stack[: len(kept)]
        differs = (others != here) & (others != _UNKNOWN) & (here != _UNKNOWN)
        if differs.sum(axis=1).min(initial=min_distance) >= min_distance:
            stack[len(kept)] = here
            kept.append(row)
    return np.array(kept, dtype=np.intp)


def filled(sequences: Sequences) -> tuple[Sequences, int]:
    """Fill gaps and letters of no single amino acid with the most frequent residue of their place.

    Substitution turns residues into residues: where there is none it leaves a mark that no error
    rate removes, and the pattern of gaps would tell of the date when all else is lost.

    Parameters
    ----------
    sequences
        Aligned sequences, (n,).

    Returns
    -------
    The sequences, and how many letters were filled. A place where no sequence has a residue stays.

    Raises
    ------
    ValueError
        If the sequences have several lengths.
    """
    letters = as_letters(check_sequences(sequences, aligned=True)).copy()
    counts = np.stack([(letters == residue).sum(axis=0) for residue in RESIDUES])
    gaps = ~np.isin(letters, RESIDUES) & (counts.max(axis=0) > 0)
    letters[gaps] = np.broadcast_to(RESIDUES[counts.argmax(axis=0)], letters.shape)[gaps]
    return as_texts(letters), int(gaps.sum())
