"""A protein as windows of tokens, with the alphabet of ESM-2 (Lin et al. 2023)."""

import numpy as np
from numpy.typing import NDArray

from noisescaling._sequences import AMINO_ACIDS, Sequences, as_letters

#: The tokens of ESM-2 in their order.
ALPHABET: tuple[str, ...] = (
    "<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>",
)  # fmt: skip
CLS, PAD, EOS, UNKNOWN, MASK = map(ALPHABET.index, ("<cls>", "<pad>", "<eos>", "<unk>", "<mask>"))

_TOKEN = np.full(128, UNKNOWN)
_TOKEN[[ord(token) for token in ALPHABET if len(token) == 1]] = [
    number for number, token in enumerate(ALPHABET) if len(token) == 1
]
#: Tokens of the 20 amino acids.
ACIDS = _TOKEN[[ord(letter) for letter in AMINO_ACIDS]]


def windows(sequences: Sequences, length: int) -> tuple[list[NDArray[np.int64]], NDArray[np.intp]]:
    """Cut sequences into consecutive windows of tokens.

    Parameters
    ----------
    sequences
        One text a protein, (n_sequences,).
    length
        Residues a window at most.

    Returns
    -------
    The windows, each with a start and an end token around its residues, and the number of the
    sequence that each comes from, (n_windows,).
    """
    ends = np.strings.str_len(sequences)
    tokens = _TOKEN[as_letters(sequences)]
    cut, owners = [], []
    for row, end in enumerate(ends.tolist()):
        for start in range(0, end, length):
            residues = tokens[row, start : min(start + length, end)]
            cut.append(np.concatenate([[CLS], residues, [EOS]]))
            owners.append(row)
    return cut, np.array(owners, dtype=np.intp)


def is_residue(tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which tokens stand for a place of the protein."""
    return np.asarray((tokens != CLS) & (tokens != EOS) & (tokens != PAD))
