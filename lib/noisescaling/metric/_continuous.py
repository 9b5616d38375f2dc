"""Information with a continuous signal: latent pairs learned on some rows, counted on others."""

from dataclasses import dataclass, replace

import numpy as np

from noisescaling.metric._critic import Verdict, judge
from noisescaling.metric._crossfit import (
    MAX_PAIRS,
    N_FOLDS,
    N_WIDE_FOLDS,
    best_ridge,
    correlation_bits,
    cross_fitted,
    endless_correlations,
    is_wide,
    learning_gain,
    wide_ridge,
)
from noisescaling.metric._mixture import COMPONENTS, MAX_SIDE
from noisescaling.metric._neighbours import Count
from noisescaling.metric._pairs import (
    AT_ONCE,
    MIN_NEIGHBOURS,
    SURE,
    Pairs,
    clear_pairs,
    count_pairs,
    gaussian_bits,
    information,
)
from noisescaling.metric._result import Estimate
from noisescaling.metric._sides import Array, Prepared, Rows, Side, spread, tied_fraction

#: Columns of both sides together up to which the data themselves are tried as latents.
MAX_RAW = 4
#: Standard error of what endlessly many rows would add to wide data, as a share of it.
WIDE_ERROR = 0.15
#: A richer compression must show this many bits more than a plainer one.
MIN_GAIN = 0.03
#: Trust in single pairs from which on a mixture could add nothing.
TRUSTED = 0.9
#: Fourth moment of standardized columns from which on their tails would mislead a mixture.
MAX_KURTOSIS = 10.0
#: Rows from which on half of them are measured too; share of the bits that may differ then.
MIN_HALVED, UNSTABLE = 80, 0.05
#: Share of what a mixture shows beyond the pairs that depends on its family: other clusters than
#: Gaussian ones would be read too low by about that.
FAMILY = 0.15
#: Standard error, in bits and as a share of the bits, from which on an estimate says little.
LARGE_ERROR, LARGE_SHARE = 0.3, 0.15
#: Bits added for more rows from which on these are a matter of trust.
LARGE_GAIN = 0.1
#: Share of tied rows on both sides, of variance on axes left out, and of log2 of the rows in the
#: bits of one pair, from which on an estimate is not relied on.
MANY_TIES, MAX_CUT, NEAR_LIMIT = 0.3, 0.1, 0.5
#: Rows up to which an estimate is the mean over several splits of the rows, and their number.
FEW_ROWS, MAX_SPLITS = 1_500, 3


@dataclass(frozen=True)
class _Fit:
    """Pairs in use, and the bits that endlessly many rows would add to theirs."""

    pairs: Pairs
    gain: float = 0.0
    gain_error: float = 0.0


def estimate_continuous(
    x: Prepared, y: Prepared, rng: np.random.Generator, count: Count
) -> Estimate:
    """Estimate I(x; y) in bits."""
    n = len(x.normal)
    splits = int(np.clip(FEW_ROWS // n, 1, MAX_SPLITS))
    found = [_once(x, y, rng, count) for _ in range(splits)]
    columns = [[e.bits, e.standard_error, e.lower_bound or 0.0] for e in found]
    bits, error, bound = (float(mean) for mean in np.mean(columns, axis=0))
    rows, wide = rng.permutation(n)[: n // 2], is_wide(x.linear, y.linear)
    halved = n >= MIN_HALVED and not wide
    half = _once(x.take(rows), y.take(rows), rng, count).bits if halved else bits
    tied = min(tied_fraction(side.groups) for side in (x, y))
    told = {
        found[0].reason: bool(found[0].reason),
        f"{bits:.2f} bits are more than {n} rows can show": bits > np.log2(n),
        f"half of the rows give {half:.2f} bits, all give {bits:.2f}": abs(bits - half)
        > max(2 * error, UNSTABLE * bits),
        f"the standard error is {error:.2f} bits": error > max(LARGE_ERROR, LARGE_SHARE * bits),
        f"{100 * tied:.0f} % of the rows of either side equal others": tied > MANY_TIES,
    }
    return replace(
        found[0],
        bits=bits,
        standard_error=error,
        terms=np.asarray(np.mean([e.terms for e in found], axis=0)),
        lower_bound=bound,
        reliable=not any(told.values()),
        reason="; ".join(reason for reason, holds in told.items() if holds),
    )


def _once(x: Prepared, y: Prepared, rng: np.random.Generator, count: Count) -> Estimate:
    halves = np.array_split(rng.permutation(len(x.normal)), 2)
    fit = _best_fit(x, y, halves, rng, count)
    pairs = fit.pairs
    bits = pairs.bits + pairs.missed + fit.gain
    error = float(np.linalg.norm([_scatter(pairs, rng, count), fit.gain_error, pairs.missed / 2]))
    verdict = _verdict(x, y, pairs, halves)
    if verdict.bits > bits + MIN_GAIN:
        family = FAMILY * (verdict.bits - bits)
        bits, error = verdict.bits, float(np.hypot(max(verdict.error, error), family))
    below = verdict.bound > bits + 2 * float(np.hypot(error, verdict.bound_error))
    told = {
        f"{fit.gain:.2f} bits are added for more rows": fit.gain > max(pairs.bits / 2, LARGE_GAIN),
        f"the limit of {MAX_PAIRS} pairs binds": pairs.u.shape[1] == MAX_PAIRS,
        f"{100 * MAX_CUT:.0f} % of the variance or more lies on axes that were left out": max(
            x.linear.cut, y.linear.cut
        )
        > MAX_CUT,
        f"one pair of latents shares {pairs.most:.1f} bits, so that {len(pairs.u)} rows may not "
        "show all: read the estimate as a lower bound": pairs.most
        > NEAR_LIMIT * np.log2(len(pairs.u)),
        f"the estimate lay below its lower bound of {verdict.bound:.2f} bits": below,
    }
    return Estimate(
        verdict.bound if below else bits,
        error,
        pairs.contributions,
        pairs.used,
        lower_bound=max(verdict.bound, 0.0),
        reason="; ".join(reason for reason, holds in told.items() if holds),
    )


def _verdict(x: Prepared, y: Prepared, pairs: Pairs, halves: list[Rows]) -> Verdict:
    """Return what critics show: of mixtures only where latents of one side depend on each other.

    Clusters are seen best as they are, in all axes; where there are many, in the latents.
    """
    u, v = pairs.u[:, :MAX_SIDE], pairs.v[:, :MAX_SIDE]
    if pairs.weight >= TRUSTED:
        return replace(judge([(u, v)], halves, (1,)), bits=-np.inf)
    sides = [(u, v)]
    if max(x.few.shape[1], y.few.shape[1]) <= MAX_SIDE:
        sides = [(x.few, y.few)]
        if max((x.plain**4).mean(0).max(), (y.plain**4).mean(0).max()) < MAX_KURTOSIS:
            sides += [(x.plain, y.plain)]
    return judge(sides, halves, COMPONENTS)


def _best_fit(
    x: Prepared, y: Prepared, halves: list[Rows], rng: np.random.Generator, count: Count
) -> _Fit:
    """Return the plainest compression that no richer one beats by `MIN_GAIN`."""
    best = None
    if x.normal.shape[1] + y.normal.shape[1] <= MAX_RAW:
        u, v = spread(x.normal, x.groups, rng), spread(y.normal, y.groups, rng)
        terms = information(u, v, count)
        bits = float(terms.mean())
        best = _Fit(Pairs(bits, u, v, u.shape[1], 0.0, terms, most=bits))
        if x.normal.shape[1] == y.normal.shape[1] == 1:
            return best
    order = np.concatenate(halves)
    most = -np.inf
    for a, b in ((x.linear, y.linear), (x.bent, y.bent)):
        wide = is_wide(a, b)
        if wide:
            ridge, n_folds = wide_ridge(a, b), N_WIDE_FOLDS
        else:
            shared, ridge, (early_u, early_v) = best_ridge(a, b, halves)
            n_folds = N_FOLDS
            if shared < most:
                continue
            most = shared
        u, v = cross_fitted(a, b, np.array_split(order, n_folds), ridge)
        u, v = spread(u, x.groups, rng), spread(v, y.groups, rng)
        kept = clear_pairs(u, v)
        pairs = count_pairs(u[:, kept], v[:, kept], rng, count)
        if best is not None and pairs.bits < best.pairs.bits + MIN_GAIN:
            continue
        if wide:
            best = _Fit(pairs, *_wide_gain(pairs, a, b))
        else:
            early_u = spread(early_u[:, kept], x.groups, rng)
            early_v = spread(early_v[:, kept], y.groups, rng)
            best = _Fit(pairs, *_gain(pairs, early_u, early_v, n_folds, count))
    assert best is not None
    return best


def _wide_gain(pairs: Pairs, a: Side, b: Side) -> tuple[float, float]:
    """Return the bits that endlessly many rows would add, and their standard error."""
    endless = correlation_bits(endless_correlations(a, b, pairs.u.shape[1])).sum()
    gain = pairs.weight * max(float(endless) - gaussian_bits(pairs.u, pairs.v), 0.0)
    return gain, WIDE_ERROR * gain


def _gain(pairs: Pairs, u: Array, v: Array, n_folds: int, count: Count) -> tuple[float, float]:
    """Return the bits that endlessly many rows would add, and their standard error.

    The step from half of the rows, whose latents u, v (n, m) are, is that of the correlations,
    which scatter least, as far as the pairs are trusted one by one.
    """
    step = pairs.weight * (gaussian_bits(pairs.u, pairs.v) - gaussian_bits(u, v))
    if pairs.weight < SURE:
        now, before = pairs.in_use, (u[:, : pairs.used], v[:, : pairs.used])
        counted = [float(information(*sides, count).mean()) for sides in (now, before)]
        step += (1 - pairs.weight) * (counted[0] - counted[1])
    gain = learning_gain(pairs.bits, step, n_folds)
    return gain, gain / 2


def _scatter(pairs: Pairs, rng: np.random.Generator, count: Count) -> float:
    """Return the standard error of the estimate, the larger of two.

    One comes from estimates on disjoint blocks of rows, whose variance falls as one over the rows;
    the other from the spread of the rows' own terms. Blocks are few, so theirs scatters; the
    terms are many, but miss what rows have in common.
    """
    n = len(pairs.u)
    u, v = (side[:, :AT_ONCE] for side in pairs.in_use)
    blocks = np.array_split(rng.permutation(n), 10 if n >= 1_000 else 5)
    each = [count(u[rows], v[rows], MIN_NEIGHBOURS).mean() for rows in blocks]
    between = float(np.std(each, ddof=1) / np.sqrt(len(each)))
    within = float(pairs.contributions.std(ddof=1) / np.sqrt(n))
    return max(between, within)
