"""Values that many rows share: they are taken out by the chain rule, and counted as labels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from noisescaling.metric._inputs import MIN_SAMPLES, Labels
from noisescaling.metric._labels import estimate_labels
from noisescaling.metric._result import Estimate
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


def atoms(values: Array) -> Rows:
    """Number, from 0, the values that many rows share; -1 stands for any other, (n,)."""
    groups = row_groups(values)
    counts = np.bincount(groups)
    many = counts >= max(MIN_ROWS, MIN_SHARE * len(groups))
    return np.where(many, np.cumsum(many) - 1, -1)[groups]


def without_atoms(x: Array, y: Array, rng: np.random.Generator, rest: Estimator) -> Estimate:
    """Return I(x; y) in bits, by `rest` where no value is shared by many rows.

    With A the value that many rows of x share, or none, I(x; y) = I(A; y) + P(none) I(x; y | none).
    So also for y. An empty cell is such a value, and so is each value of a discrete variable.
    """
    for one, other in ((x, y), (y, x)):
        codes = atoms(one)
        if codes.max() >= 0:
            return _chain(
                codes, other, rng, lambda rows: without_atoms(x[rows], y[rows], rng, rest)
            )
    return rest(x, y)


def _of_rows(x: Array, y: Array, rng: np.random.Generator, rest: Estimator, rows: Rows) -> Estimate:
    return without_atoms(x[rows], y[rows], rng, rest)


def without_copies(x: Array, y: Array, estimate: Estimator) -> Estimate:
    """Return I(x; y) in bits of rows that are no copies of others, where many are, and say so."""
    n = len(x)
    _, first, groups = np.unique(
        row_groups(np.hstack([x, y])), return_index=True, return_inverse=True
    )
    if len(first) < MIN_SAMPLES or len(first) > (1 - COPIES) * n:
        return estimate(x, y)
    found = estimate(x[first], y[first])
    reason = f"{n - len(first)} of {n} rows are copies of others on both sides, and were left out"
    return replace(found, terms=found.terms[groups.ravel()], reliable=False, reason=reason)


def _chain(
    codes: Rows, other: Array, rng: np.random.Generator, rest: Callable[[Rows], Estimate]
) -> Estimate:
    first = _with_codes(codes, other, rng)
    lone = np.flatnonzero(codes < 0)
    return first if len(lone) < MIN_SAMPLES else _sum(first, rest(lone), lone)


def _with_codes(codes: Rows, other: Array, rng: np.random.Generator) -> Estimate:
    """Return I(codes; other) in bits, where `other` (n, d) may share values too."""
    second = atoms(other)
    if second.max() < 0:
        return _labels(codes, other, rng)
    counts = [np.bincount(some - some.min()) for some in (codes, second)]
    if np.prod([some[some > 0].min() for some in counts]) < ROWS_A_CELL * len(codes):
        return _labels(codes, other, rng)
    lone = np.flatnonzero(second < 0)
    first = table_information(codes, second)
    if len(lone) < MIN_SAMPLES:
        return first
    return _sum(first, _labels(codes[lone], other[lone], rng), lone)


def _labels(codes: Rows, other: Array, rng: np.random.Generator) -> Estimate:
    """Return I(codes; other) in bits; a code of one row alone is left out."""
    _, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(counts[codes] > 1)
    known, codes = np.unique(codes[kept], return_inverse=True)
    nothing = Estimate(0.0, 0.0, np.zeros(int(counts.sum())), 0, lower_bound=0.0)
    side = prepare(other[kept]) if len(kept) >= MIN_SAMPLES else None
    if side is None or len(known) < 2:
        return nothing
    found = estimate_labels(side, Labels(codes.astype(np.int64), len(known)), rng)
    return replace(_sum(nothing, found, kept), n_latents=found.n_latents)


def _sum(first: Estimate, second: Estimate, rows: Rows) -> Estimate:
    """Return the sum of one estimate and another that holds for some of its rows."""
    share = len(rows) / len(first.terms)
    terms = first.terms.copy()
    terms[rows] += second.terms
    weighty = share * max(abs(second.bits), second.standard_error) > WEIGHTY
    reason = (
        second.reason if share == 1 else f"of {len(rows)} of {len(terms)} rows: {second.reason}"
    )
    return Estimate(
        first.bits + share * second.bits,
        float(np.hypot(first.standard_error, share * second.standard_error)),
        terms,
        max(first.n_latents, second.n_latents),
        first.converged and second.converged,
        (first.lower_bound or 0.0) + share * (second.lower_bound or 0.0),
        first.reliable and (second.reliable or not weighty),
        "; ".join(filter(None, [first.reason, reason if second.reason and weighty else ""])),
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
