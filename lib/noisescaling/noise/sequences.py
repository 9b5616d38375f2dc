"""Noise of protein sequences: each residue is read right or as another amino acid."""

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import positive
from noisescaling._sequences import (
    RESIDUES,
    Sequences,
    as_letters,
    as_texts,
    check_sequences,
    other_residues,
)


def substitute(sequences: ArrayLike, error_rate: float, rng: np.random.Generator) -> Sequences:
    """Replace residues at random by other amino acids, with a probability a residue.

    Each of the 20 amino acids is replaced, on its own and with the same probability, by one of the
    19 others, all equally likely; never by itself. Gaps, stops and ambiguous letters stay.

    Parameters
    ----------
    sequences
        Protein sequences, (n_sequences,), of equal lengths or not.
    error_rate
        Probability that a residue is replaced, from 0 to 1.
    rng
        Source of randomness.

    Returns
    -------
    Sequences of the same number and lengths.

    Raises
    ------
    ValueError
        If `sequences` are no protein sequences, or `error_rate` is not from 0 to 1.
    """
    clean = check_sequences(sequences)
    if not 0 <= error_rate <= 1:
        raise ValueError(f"error_rate = {error_rate:g} must lie from 0 to 1")
    letters = as_letters(clean).copy()
    hit = np.isin(letters, RESIDUES) & (rng.random(letters.shape) < error_rate)
    letters[hit] = RESIDUES[other_residues(np.searchsorted(RESIDUES, letters[hit]), rng)]
    return as_texts(letters)


def error_rate_of(true_error_ratio: float) -> float:
    """Return the error rate e that leaves (1 - e)/e true residues for each wrong one.

    Parameters
    ----------
    true_error_ratio
        True residues per error, above 0; infinite for none.

    Raises
    ------
    ValueError
        If the ratio is not above 0.
    """
    if true_error_ratio == np.inf:
        return 0.0
    return float(1 / (1 + positive("true_error_ratio", true_error_ratio)))


def true_error_ratio_of(error_rate: float) -> float:
    """Return the true residues per error, (1 - e)/e, of an error rate e; infinite for 0.

    Raises
    ------
    ValueError
        If the rate is not from 0, left in, to 1, left out: without true residues there is no axis.
    """
    if not 0 <= error_rate < 1:
        raise ValueError(f"error_rate = {error_rate:g} must be at least 0 and below 1")
    return float(np.inf if error_rate == 0 else (1 - error_rate) / error_rate)
