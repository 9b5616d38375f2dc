"""Information with a continuous signal: latent pairs learned on some rows, counted on others."""

from dataclasses import dataclass, replace

import numpy as np

from noisescaling.metric._critic import Verdict, judge
from noisescaling.metric._crossfit import (
    N_FOLDS,
    N_WIDE_FOLDS,
    best_ridge,
    cross_fitted,
    is_wide,
    learning_gain,
)
from noisescaling.metric._mixture import COMPONENTS, MAX_SIDE
from noisescaling.metric._neighbours import Count
from noisescaling.metric._pairs import MIN_NEIGHBOURS, Pairs, clear_pairs, count_pairs, gaussian_bits, information
from noisescaling.metric._result import Estimate
from noisescaling.metric._sides import Array, Prepared, Rows, spread

#: Columns of both sides together up to which the data themselves are tried as latents.
MAX_RAW = 4
#: A richer compression must show this many bits more than a plainer one.
MIN_GAIN = 0.03
#: Trust in single pairs from which on a mixture could add nothing.
TRUSTED = 0.9
#: Rows up to which an estimate is the mean over several splits of the rows, and their number.
FEW_ROWS, MAX_SPLITS = 1_500, 8


@dataclass(frozen=True)
class _Fit:
    """Pairs in use, what endlessly many rows would add to the bits, and a verdict on the pairs."""

    pairs: Pairs
    gain: float = 0.0


def estimate_continuous(
    x: Prepared, y: Prepared, rng: np.random.Generator, count: Count
) -> Estimate:
    """Estimate I(x; y) in bits."""
    n = len(x.normal)
    splits = int(np.clip(FEW_ROWS // n, 1, MAX_SPLITS))
    found = [_once(x, y, rng, count) for _ in range(splits)]
    bits, error, bound = np.mean([[e.bits, e.standard_error, e.lower_bound] for e in found], axis=0)
    terms = np.mean([e.terms for e in found], axis=0)
    return replace(found[0], bits=float(bits), standard_error=float(error), terms=terms, lower_bound=float(bound))


def _once(x: Prepared, y: Prepared, rng: np.random.Generator, count: Count) -> Estimate:
    halves = np.array_split(rng.permutation(len(x.normal)), 2)
    fit = _best_fit(x, y, halves, rng, count)
    bits, gain = fit.pairs.bits, fit.gain
    error = float(np.hypot(_scatter(fit.pairs, rng, count), gain / 2))
    verdict = _verdict(x, y, fit.pairs, halves)
    if verdict.bits > bits + gain + MIN_GAIN:
        bits, gain, error = verdict.bits, 0.0, max(verdict.error, error)
    bits = max(bits + gain, verdict.bound)
    return Estimate(bits, error, fit.pairs.contributions, fit.pairs.u.shape[1], lower_bound=verdict.bound)


def _verdict(x: Prepared, y: Prepared, pairs: Pairs, halves: list[Rows]) -> Verdict:
    """Return what critics show: of mixtures only where latents of one side depend on each other."""
    u, v = pairs.u[:, :MAX_SIDE], pairs.v[:, :MAX_SIDE]
    if pairs.weight >= TRUSTED:
        return replace(judge(u, v, halves, (1,)), bits=-np.inf)
    if max(x.few.shape[1], y.few.shape[1]) <= MAX_SIDE:
        u, v = x.few, y.few
    return judge(u, v, halves, COMPONENTS)


def _best_fit(
    x: Prepared, y: Prepared, halves: list[Rows], rng: np.random.Generator, count: Count
) -> _Fit:
    """Return the plainest compression that no richer one beats by `MIN_GAIN`."""
    best = None
    if x.normal.shape[1] + y.normal.shape[1] <= MAX_RAW:
        u, v = spread(x.normal, x.groups, rng), spread(y.normal, y.groups, rng)
        terms = information(u, v, count)
        best = _Fit(Pairs(float(terms.mean()), u, v, 0.0, terms))
        if x.normal.shape[1] == y.normal.shape[1] == 1:
            return best
    order = np.concatenate(halves)
    most = -np.inf
    for a, b in ((x.linear, y.linear), (x.bent, y.bent)):
        shared, ridge, (halves_u, halves_v) = best_ridge(a, b, halves)
        if shared < most:
            continue
        most = shared
        n_folds = N_WIDE_FOLDS if is_wide(a, b) else N_FOLDS
        u, v = cross_fitted(a, b, np.array_split(order, n_folds), ridge)
        u, v = spread(u, x.groups, rng), spread(v, y.groups, rng)
        kept = clear_pairs(u, v)
        pairs = count_pairs(u[:, kept], v[:, kept], count)
        if best is None or pairs.bits > best.pairs.bits + MIN_GAIN:
            early = spread(halves_u[:, kept], x.groups, rng), spread(halves_v[:, kept], y.groups, rng)
            best = _Fit(pairs, _gain(pairs, *early, n_folds, count))
    assert best is not None
    return best


def _gain(pairs: Pairs, u: Array, v: Array, n_folds: int, count: Count) -> float:
    """Return the bits that the compression would gain from endlessly many rows.

    The step from half of the rows, whose latents u, v (n, m) are, is that of the correlations,
    which scatter least, as far as the pairs are trusted one by one.
    """
    step = pairs.weight * (gaussian_bits(pairs.u, pairs.v) - gaussian_bits(u, v))
    if pairs.weight < 1:
        first = slice(pairs.first)
        now, before = (information(*s, count).mean() for s in ((pairs.u[:, first], pairs.v[:, first]), (u[:, first], v[:, first])))
        step += (1 - pairs.weight) * float(now - before)
    return learning_gain(pairs.bits, step, n_folds)


def _scatter(pairs: Pairs, rng: np.random.Generator, count: Count) -> float:
    """Return the standard error of the estimate, the larger of two.

    One comes from estimates on disjoint blocks of rows, whose variance falls as one over the rows;
    the other from the spread of the rows' own terms. Blocks are few, so theirs scatters; the
    terms are many, but miss what rows have in common.
    """
    n = len(pairs.u)
    few = slice(4)
    blocks = np.array_split(rng.permutation(n), 10 if n >= 1_000 else 5)
    each = [count(pairs.u[rows, few], pairs.v[rows, few], MIN_NEIGHBOURS).mean() for rows in blocks]
    between = float(np.std(each, ddof=1) / np.sqrt(len(each)))
    within = float(pairs.contributions.std(ddof=1) / np.sqrt(n))
    return max(between, within)
