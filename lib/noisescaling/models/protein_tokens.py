"""A protein as windows of tokens, with the alphabet of ESM-2 (Lin et al. 2023)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from noisescaling._sequences import AMINO_ACIDS, Sequences, as_letters

#: The tokens of ESM-2 in their order.
ALPHABET: tuple[str, ...] = (
    "<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>",
)  # fmt: skip
CLS, PAD, EOS, UNKNOWN, MASK = map(ALPHABET.index, ("<cls>", "<pad>", "<eos>", "<unk>", "<mask>"))

#: A batch: tokens as the model sees them, where to guess, and what is right; (n, length).
Batch = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]

_TOKEN = np.full(128, UNKNOWN)
_TOKEN[[ord(token) for token in ALPHABET if len(token) == 1]] = [
    number for number, token in enumerate(ALPHABET) if len(token) == 1
]
_ACIDS = _TOKEN[[ord(letter) for letter in AMINO_ACIDS]]


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


def padded(some: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return windows as the rows of one array, filled with `PAD` to the longest of them."""
    table = np.full((len(some), max(map(len, some))), PAD)
    for row, window in zip(table, some, strict=True):
        row[: len(window)] = window
    return table


def is_residue(tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which tokens stand for a place of the protein."""
    return np.asarray((tokens != CLS) & (tokens != EOS) & (tokens != PAD))


def hide(tokens: NDArray[np.int64], fraction: float, rng: np.random.Generator) -> Batch:
    """Hide a random share of residues, at least one a window.

    Of the hidden, 80 % show `MASK`, 10 % a random amino acid and 10 % themselves (Devlin et al.
    2019), as ESM-2 was trained.
    """
    draw = np.where(is_residue(tokens), rng.random(tokens.shape), np.inf)
    hidden = (draw < fraction) | (draw == draw.min(axis=1, keepdims=True))
    how = rng.random(tokens.shape)
    shown = np.where(hidden & (how < 0.8), MASK, tokens)
    return np.where(hidden & (how >= 0.9), rng.choice(_ACIDS, tokens.shape), shown), hidden, tokens
