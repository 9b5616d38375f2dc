"""Information with a continuous signal: latent pairs learned on some rows, counted on others."""

from dataclasses import dataclass

import numpy as np

from noisescaling.metric._crossfit import best_ridge, cross_fitted, learning_gain
from noisescaling.metric._neighbours import Count
from noisescaling.metric._pairs import (
    MIN_NEIGHBOURS,
    Pairs,
    add_pairs,
    gaussian_bits,
    information,
    several,
)
from noisescaling.metric._result import Estimate
from noisescaling.metric._sides import Array, Prepared, to_normal

#: Folds of the cross-fit: each row's latents come from a fit to the other nine tenths.
N_FOLDS = 10
#: Columns of both sides together up to which the data themselves are tried as latents.
MAX_RAW = 4
#: A richer compression must show this many bits more than a plainer one.
MIN_GAIN = 0.03


@dataclass(frozen=True)
class _Fit:
    """Pairs in use, and the same latents from fits to half of the rows (none for plain data)."""

    pairs: Pairs
    from_halves: tuple[Array, Array] | None = None


def estimate_continuous(
    x: Prepared, y: Prepared, rng: np.random.Generator, count: Count
) -> Estimate:
    """Estimate I(x; y) in bits."""
    fit = _best_fit(x, y, rng, count)
    gain = _gain(fit, rng, count)
    error = float(np.hypot(_scatter(fit.pairs, rng, count), gain / 2))
    return Estimate(fit.pairs.bits + gain, error, fit.pairs.contributions, fit.pairs.u.shape[1])


def _best_fit(x: Prepared, y: Prepared, rng: np.random.Generator, count: Count) -> _Fit:
    """Return the plainest compression that no richer one beats by `MIN_GAIN`."""
    best = None
    if x.normal.shape[1] + y.normal.shape[1] <= MAX_RAW:
        u, v = to_normal(x.normal), to_normal(y.normal)
        terms, _ = information(u, v, count)
        best = _Fit(Pairs(float(terms.mean()), u, v, 0.0, terms))
        if x.normal.shape[1] == y.normal.shape[1] == 1:
            return best
    order = rng.permutation(len(x.normal))
    most = -np.inf
    for a, b in ((x.linear, y.linear), (x.bent, y.bent)):
        shared, ridge, halves = best_ridge(a, b, np.array_split(order, 2))
        if shared < most:
            continue
        most = shared
        u, v = cross_fitted(a, b, np.array_split(order, N_FOLDS), ridge)
        pairs = add_pairs(u, v, rng, count)
        if best is None or pairs.bits > best.pairs.bits + MIN_GAIN:
            best = _Fit(pairs, halves)
    assert best is not None
    return best


def _gain(fit: _Fit, rng: np.random.Generator, count: Count) -> float:
    """Return the bits that the compression would gain from endlessly many rows.

    The step from half of the rows is that of the correlations of the latents, which scatter least,
    as far as their pairs are trusted one by one.
    """
    if fit.from_halves is None or fit.pairs.bits <= 0:
        return 0.0
    pairs = fit.pairs
    early = several(*fit.from_halves, list(pairs.columns), rng, count, {})
    plain = gaussian_bits(pairs.u, pairs.v) - gaussian_bits(early.u, early.v)
    step = pairs.weight * plain + (1 - pairs.weight) * (pairs.bits - early.bits)
    return learning_gain(pairs.bits, step, N_FOLDS)


def _scatter(pairs: Pairs, rng: np.random.Generator, count: Count) -> float:
    """Return the standard error of the estimate, the larger of two.

    One comes from estimates on disjoint blocks of rows, whose variance falls as one over the rows;
    the other from the spread of the rows' own terms. Blocks are few, so theirs scatters; the
    terms are many, but miss what rows have in common.
    """
    n = len(pairs.u)
    blocks = np.array_split(rng.permutation(n), 10 if n >= 1_000 else 5)
    each = [count(pairs.u[rows], pairs.v[rows], MIN_NEIGHBOURS).mean() for rows in blocks]
    between = float(np.std(each, ddof=1) / np.sqrt(len(each)))
    within = float(pairs.contributions.std(ddof=1) / np.sqrt(n))
    return max(between, within)
