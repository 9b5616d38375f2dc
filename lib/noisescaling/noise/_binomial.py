"""Binomial draws by inversion, many at a time: the numbers that numpy draws, in less time."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Counts that are drawn at once; their uniform numbers stay in the processor's cache.
_BLOCK = 2**15
#: Count up to which the probabilities of drawing none are looked up.
_TABLE = 1024
#: Mean draw above which numpy uses rejection instead of inversion.
_INVERSION = 30.0

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
#: Where draws are not 0, ascending, and what they are there.
Draws: TypeAlias = tuple[Integers, Integers]


def binomial(counts: NDArray[np.integer], probability: float, rng: np.random.Generator) -> Draws:
    """Draw a binomial number for each count: those of `rng.binomial(counts, probability)`.

    numpy computes an exponential for each draw; here it is looked up, since counts are small and
    many are equal, and only what is not 0 is followed on. Blocks with counts too large for that
    are numpy's own.

    Parameters
    ----------
    counts
        Integers, 0 or more; flat.
    probability
        Above 0 and below 1.
    rng
        Source of randomness; it is left as numpy would leave it.

    Returns
    -------
    Where the numbers are not 0, ascending, and what they are there.
    """
    tables = _tables(min(probability, 1 - probability))
    places, values = [], []
    for start in range(0, len(counts), _BLOCK):
        part = np.asarray(counts[start : start + _BLOCK], dtype=np.int64)
        where, drawn = _block(part, probability, tables, rng)
        places.append(where + start)
        values.append(drawn)
    none = np.empty(0, np.int64)
    return np.concatenate([none, *places]), np.concatenate([none, *values])


def _tables(p: float) -> tuple[Floats, Floats]:
    """Return for each count the probability of 0 and the largest number that numpy accepts."""
    n = np.arange(min(_TABLE, int(_INVERSION / p)) + 1)
    step = math.log1p(-p)
    # numpy's vectorized exponential differs from the C library's in the last bit.
    none = np.array([math.exp(k * step) for k in n.tolist()])
    return none, np.minimum(n, np.floor(n * p + 10.0 * np.sqrt(n * p * (1.0 - p) + 1)))


def _block(
    n: Integers, probability: float, tables: tuple[Floats, Floats], rng: np.random.Generator
) -> Draws:
    if n.max() >= len(tables[0]):
        return _not_zero(rng.binomial(n, probability))
    # numpy spends no random number on a count of 0.
    filled = None if n.min() else np.flatnonzero(n > 0)
    positive = n if filled is None else n[filled]
    before = rng.bit_generator.state
    drawn = _inverted(
        positive, min(probability, 1 - probability), tables, rng.random(len(positive))
    )
    if drawn is None:
        rng.bit_generator.state = before
        return _not_zero(rng.binomial(n, probability))
    if probability > 0.5:  # numpy draws the rarer outcome and turns it round
        positive = positive.copy()
        positive[drawn[0]] -= drawn[1]
        drawn = _not_zero(positive)
    where, values = drawn
    return where if filled is None else filled[where], values


def _inverted(n: Integers, p: float, tables: tuple[Floats, Floats], u: Floats) -> Draws | None:
    """Return where the distribution functions pass `u`; None where numpy would draw `u` anew.

    That happens once in some 10^14 draws, in the last tail, where rounding decides.
    """
    none, most = tables
    first = np.flatnonzero(u > none[n])
    drawn = np.ones_like(first)
    left, n, u = np.arange(len(first)), n[first], u[first]
    chance, x = none[n], 1
    while left.size:
        if (x > most[n]).any():
            return None
        u = u - chance
        chance = ((n - x + 1) * p * chance) / (x * (1.0 - p))
        more = np.flatnonzero(u > chance)
        left, n, u, chance = left[more], n[more], u[more], chance[more]
        x += 1
        drawn[left] = x
    return first, drawn


def _not_zero(values: Integers) -> Draws:
    where = np.flatnonzero(values > 0)
    return where, values[where]
