"""What protein sequences are, the check that data are such, and their letters as an array."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Protein sequences, (n_sequences,): texts of one letter a residue, of equal lengths or not.
Sequences: TypeAlias = NDArray[np.str_]

#: The 20 amino acids.
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
#: Letters that stand for no single amino acid: ambiguous or rare residues, gaps, stops.
OTHER_LETTERS = "BJOUXZ-*"

#: Code points of the amino acids, ascending: a residue's number is its place here.
RESIDUES = np.array([ord(letter) for letter in AMINO_ACIDS], dtype=np.uint32)
_KNOWN = np.append(RESIDUES, [ord(letter) for letter in OTHER_LETTERS])


def check_sequences(
    sequences: ArrayLike, name: str = "sequences", *, aligned: bool = False
) -> Sequences:
    """Return protein sequences as an array of texts, (n_sequences,).

    Parameters
    ----------
    sequences
        One text a protein, in capital letters: the 20 amino acids, B, J, O, U, X and Z for what is
        ambiguous or rare, "-" for a gap and "*" for a stop.
    name
        What the error calls them.
    aligned
        Whether all must have one length, so that a position means the same in each.

    Raises
    ------
    ValueError
        If there is none, one is empty, holds another letter or, where aligned, has another length.

    Examples
    --------
    >>> from noisescaling import noise
    >>> noise.check_sequences(["MKTA", "MK-A"], aligned=True)
    array(['MKTA', 'MK-A'], dtype='<U4')
    >>> noise.check_sequences(["MKTA", "mkta"])
    Traceback (most recent call last):
        ...
    ValueError: sequences holds 4 letters that are no residues...
    """
    array: NDArray[Any] = np.asarray(sequences)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind != "U":
        raise ValueError(
            f"{name} has shape {array.shape} and type {array.dtype}; give a list of texts, one a "
            "protein, at least 1"
        )
    lengths = np.strings.str_len(array)
    if lengths.min() == 0:
        raise ValueError(
            f"{name} holds {(lengths == 0).sum()} empty sequences of {len(array)}, the first at "
            f"{int(lengths.argmin())}; leave them out"
        )
    _refuse_other_letters(array, name)
    if aligned and lengths.min() < lengths.max():
        raise ValueError(
            f"{name} has lengths from {lengths.min()} to {lengths.max()} residues; align them, so "
            "that all have one length"
        )
    return array


def as_letters(sequences: Sequences) -> NDArray[np.uint32]:
    """Return the letters' code points, (n_sequences, longest); 0 behind the end of a sequence."""
    texts = np.ascontiguousarray(sequences)
    letters = texts.view(np.uint32).reshape(len(texts), -1)
    return letters[:, : int(np.strings.str_len(texts).max())]


def as_texts(letters: NDArray[np.uint32]) -> Sequences:
    """Return the sequences of code points (n_sequences, longest): the reverse of `as_letters`."""
    codes = np.ascontiguousarray(letters, dtype=np.uint32)
    return codes.view(f"<U{codes.shape[1]}").reshape(len(codes))


def other_residues(numbers: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return for each residue, by its number, another one; all 19 are equally likely."""
    # A step of 1 to 19 around the circle of 20 reaches each other amino acid alike, and never back.
    steps = rng.integers(1, len(RESIDUES), size=numbers.shape)
    return (numbers + steps) % len(RESIDUES)


def _refuse_other_letters(sequences: Sequences, name: str) -> None:
    letters = as_letters(sequences)
    bad = ~np.isin(letters, _KNOWN) & (letters > 0)
    if bad.any():
        row, place = (int(part) for part in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} holds {int(bad.sum())} letters that are no residues, such as "
            f"{chr(letters[row, place])!r} at place {place + 1} of sequence {row + 1}; give "
            f"capital letters of {AMINO_ACIDS} and {OTHER_LETTERS}"
        )
