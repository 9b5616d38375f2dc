"""Values that many rows share: they are taken out by the chain rule, and counted as labels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from noisescaling.metric._inputs import MIN_SAMPLES, Labels
from noisescaling.metric._labels import estimate_labels
from noisescaling.metric._result import Estimate, nothing
from noisescaling.metric._sides import Array, Rows, prepare, row_groups

#: A row that so many equal, and so large a share, is a value of its own.
MIN_ROWS, MIN_SHARE = 10, 1 / 200
#: Share of rows that equal another on both sides from which on these are copies of observations.
COPIES = 0.2
#: Bits of some rows, as a part of the whole, from which on it matters whether they are reliable.
WEIGHTY = 0.1
#: Rows that chance must bring to the rarest cell for a table to be counted as it is.
ROWS_A_CELL = 2

#: An estimator of information between x (n, d) and y (n, k).
Estimator = Callable[[Array, Array], Estimate]


def without_atoms(x: Array, y: Array, rng: np.random.Generator, rest: Estimator) -> Estimate:
    """Return I(x; y) in bits, by `rest` where no value is shared by many rows.

    With A the value that many rows of x share, or none, I(x; y) = I(A; y) + P(none) I(x; y | none).
    So also for y. An empty cell is such a value, and so is each value of a discrete variable.
    """
    for one, other in ((x, y), (y, x)):
        codes = atoms(one)
        if codes.max() >= 0:
            first, lone = _with_codes(codes, other, rng), np.flatnonzero(codes < 0)
            if len(lone) < MIN_SAMPLES:
                return first
            return _sum(first, without_atoms(x[lone], y[lone], rng, rest), lone)
    return without_copies(x, y, rest)


def atoms(values: Array) -> Rows:
    """Number, from 0, the values that many rows share; -1 stands for any other, (n,)."""
    groups = row_groups(values)
    counts = np.bincount(groups)
    many = counts >= max(MIN_ROWS, MIN_SHARE * len(groups))
    return np.where(many, np.cumsum(many) - 1, -1)[groups]


def without_copies(x: Array, y: Array, estimate: Estimator) -> Estimate:
    """Return I(x; y) in bits of rows that are no copies of others, where many are, and say so."""
    n = len(x)
    _, first, groups = np.unique(
        row_groups(np.hstack([x, y])), return_index=True, return_inverse=True
    )
    if len(first) < MIN_SAMPLES or len(first) > (1 - COPIES) * n:
        return estimate(x, y)
    found = estimate(x[first], y[first])
    copies = f"{n - len(first)} of {n} rows are copies of others on both sides"
    return replace(found, terms=found.terms[groups.ravel()], reason=f"{copies}: remove them")


def _with_codes(codes: Rows, other: Array, rng: np.random.Generator) -> Estimate:
    """Return I(codes; other) in bits, where `other` (n, d) may share values too."""
    second = atoms(other)
    counts = [np.bincount(some - some.min()) for some in (codes, second)]
    rarest = np.prod([some[some > 0].min() for some in counts])
    if second.max() < 0 or rarest < ROWS_A_CELL * len(codes):
        return _labels(codes, other, rng)
    first, lone = table_information(codes, second), np.flatnonzero(second < 0)
    if len(lone) < MIN_SAMPLES:
        return first
    return _sum(first, _labels(codes[lone], other[lone], rng), lone)


def _labels(codes: Rows, other: Array, rng: np.random.Generator) -> Estimate:
    """Return I(codes; other) in bits; a code of one row alone is left out."""
    n = len(codes)
    _, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(counts[codes] > 1)
    known, codes = np.unique(codes[kept], return_inverse=True)
    side = prepare(other[kept]) if len(kept) >= MIN_SAMPLES else None
    if side is None or len(known) < 2:
        return nothing(n)
    return _sum(nothing(n), estimate_labels(side, Labels(codes, len(known)), rng), kept)


def _sum(first: Estimate, second: Estimate, rows: Rows) -> Estimate:
    """Return the sum of one estimate and another that holds for some of its rows."""
    share = len(rows) / len(first.terms)
    terms = first.terms.copy()
    terms[rows] += second.terms
    weighty = share * max(abs(second.bits), second.standard_error) > WEIGHTY
    some = "" if share == 1 else f"of {len(rows)} of {len(terms)} rows: "
    also = some + second.reason if second.reason and weighty else ""
    return Estimate(
        first.bits + share * second.bits,
        float(np.hypot(first.standard_error, share * second.standard_error)),
        terms,
        max(first.n_latents, second.n_latents),
        first.converged and second.converged,
        first.lower_bound + share * second.lower_bound,
        "; ".join(filter(None, [first.reason, also])),
    )


def table_information(a: Rows, b: Rows) -> Estimate:
    """Return the information of two codes (n,) in bits, by their table (Miller and Madow 1955)."""
    n, a, b = len(a), a - a.min(), b - b.min()
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    rows, columns = table.sum(1), table.sum(0)
    terms = np.log2(table[a, b] * n / (rows[a] * columns[b]))
    cells, used = (table > 0).sum(), (rows > 0).sum() + (columns > 0).sum()
    bias = float((cells - used + 1) / (2 * n * np.log(2)))
    bits = float(terms.mean()) - bias
    error = float(np.hypot(terms.std() / np.sqrt(n), bias / 2))
    return Estimate(bits, error, terms, 1, lower_bound=bits)
