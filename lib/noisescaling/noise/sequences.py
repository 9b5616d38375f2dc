"""Noise of protein sequences: each residue is read right or as another amino acid."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import choice, generator
from noisescaling._sequences import (
    RESIDUES,
    Sequences,
    as_letters,
    as_texts,
    check_sequences,
    other_residues,
)

#: What the quality of sequences is counted in.
Axis: TypeAlias = Literal["published", "channel"]


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

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> misread = noise.substitute(["M" * 1000], 0.1, np.random.default_rng(0))[0]
    >>> 0.05 < 1 - misread.count("M") / 1000 < 0.15
    True
    """
    clean = check_sequences(sequences)
    if not 0 <= error_rate <= 1:
        raise ValueError(f"error_rate = {error_rate:g} must lie from 0 to 1")
    letters = as_letters(clean).copy()
    hit = np.isin(letters, RESIDUES) & (generator("rng", rng).random(letters.shape) < error_rate)
    letters[hit] = RESIDUES[other_residues(np.searchsorted(RESIDUES, letters[hit]), rng)]
    return as_texts(letters)


def error_rate_of(quality: float, axis: Axis = "published") -> float:
    """Return the error rate e, the share of misread residues, of a quality.

    Parameters
    ----------
    quality
        Above 0; infinite for no errors.
    axis
        "published": true residues per error, (1 - e)/e. "channel": the signal-to-noise ratio of a
        readout of the residues, (1 - e)^2/[e (2 - e)] (book, equation `eq-sequence-snr`); while
        errors are few, half of the other.

    Raises
    ------
    ValueError
        If the quality is not above 0, or `axis` is another.

    Examples
    --------
    >>> from noisescaling import noise
    >>> round(noise.error_rate_of(9), 6)  # nine true residues for each error
    0.1
    """
    if not quality > 0:
        raise ValueError(f"quality = {quality:g} must be above 0")
    if choice("axis", axis, get_args(Axis)) == "published":
        return float(1 / (1 + quality))
    # 1 - sqrt(quality/(1 + quality)), without the loss of digits where errors are few.
    return float(-np.expm1(-0.5 * np.log1p(1 / float(quality))))


def quality_of(error_rate: float, axis: Axis = "published") -> float:
    """Return the quality of an error rate e on an axis of `error_rate_of`; infinite for 0.

    Raises
    ------
    ValueError
        If the rate is not from 0, left in, to 1, left out: without true residues there is no axis.

    Examples
    --------
    >>> from noisescaling import noise
    >>> round(noise.quality_of(0.1), 6), round(noise.quality_of(0.1, axis="channel"), 3)
    (9.0, 4.263)
    """
    if not 0 <= error_rate < 1:
        raise ValueError(f"error_rate = {error_rate:g} must be at least 0 and below 1")
    true, wrong = 1 - error_rate, error_rate
    if choice("axis", axis, get_args(Axis)) == "channel":
        true, wrong = true**2, error_rate * (2 - error_rate)
    return float(true / wrong) if wrong else float("inf")
