"""Information with a continuous signal: latent pairs learned on some rows, counted on others."""

from dataclasses import replace

import numpy as np

from noisescaling.metric._critic import COMPONENTS, MAX_SIDE, Verdict, judge
from noisescaling.metric._latents import (
    AT_ONCE,
    MAX_PAIRS,
    MIN_GAIN,
    MIN_NEIGHBOURS,
    SURE,
    Pairs,
    best_ridge,
    clear_pairs,
    count_pairs,
    cross_fitted,
    endless_correlations,
    gaussian_bits,
    information,
    pair_bits,
)
from noisescaling.metric._neighbours import ksg
from noisescaling.metric._result import Estimate, much_added, those_that_hold
from noisescaling.metric._sides import Array, Prepared, Rows, Side, spread

#: Columns of both sides together up to which the data themselves are tried as latents.
MAX_RAW = 4
#: Axes of both sides together from which on each fit is dear.
WIDE = 400
#: Folds of the cross-fit, few where fits are dear: a row's latents come from a fit to the others.
N_FOLDS, N_WIDE_FOLDS = 10, 5
#: Standard error of what endlessly many rows would add to wide data, as a share of it.
WIDE_ERROR = 0.15
#: Trust in single pairs from which on a mixture could add nothing.
TRUSTED = 0.9
#: Fourth moment of standardized columns from which on their tails would mislead a mixture.
MAX_KURTOSIS = 10.0
#: Share of what a mixture shows beyond the pairs that depends on its family: other clusters than
#: Gaussian ones would be read too low by about that.
FAMILY = 0.15
#: Rows up to which an estimate is the mean over several splits of the rows, and their number.
FEW_ROWS, MAX_SPLITS = 1_500, 3
#: What speaks against an estimate: bits that neighbours and correlations of the latents differ by,
#: and their share of the estimate; share of log2 of the rows in one pair; share of variance on axes
#: left out.
MAX_GAP, MAX_GAP_SHARE, NEAR_LIMIT, MAX_CUT = 0.1, 0.2, 0.4, 0.1
#: Rows an axis of both sides at least, and where clusters are to be found in them.
ROWS_AN_AXIS, ROWS_A_CLUSTERED_AXIS = 4, 16


def estimate_continuous(x: Prepared, y: Prepared, rng: np.random.Generator) -> Estimate:
    """Estimate I(x; y) in bits."""
    splits = int(np.clip(FEW_ROWS // len(x.normal), 1, MAX_SPLITS))
    found = [_once(x, y, rng) for _ in range(splits)]
    columns = [[e.bits, e.standard_error, e.lower_bound] for e in found]
    bits, error, bound = (float(mean) for mean in np.mean(columns, axis=0))
    terms = np.asarray(np.mean([e.terms for e in found], axis=0))
    return replace(found[0], bits=bits, standard_error=error, terms=terms, lower_bound=bound)


def _once(x: Prepared, y: Prepared, rng: np.random.Generator) -> Estimate:
    halves = np.array_split(rng.permutation(len(x.normal)), 2)
    pairs = _best_pairs(x, y, halves, rng)
    bits = pairs.bits + pairs.missed + pairs.gain
    error = float(np.linalg.norm([_scatter(pairs, rng), pairs.gain_error, pairs.missed / 2]))
    verdict = _verdict(x, y, pairs, halves)
    if verdict.bits > bits + MIN_GAIN:
        family = FAMILY * (verdict.bits - bits)
        bits, error = verdict.bits, float(np.hypot(max(verdict.error, error), family))
    below = verdict.bound > bits + 2 * float(np.hypot(error, verdict.bound_error))
    bits = verdict.bound if below else bits
    told = _limits(x, y, pairs, bits) | {
        f"the estimate lay below its lower bound of {verdict.bound:.2f} bits, which is given "
        "instead: compare with fewer columns": below
    }
    bound, reason = max(verdict.bound, 0.0), those_that_hold(told)
    return Estimate(bits, error, pairs.contributions, pairs.used, lower_bound=bound, reason=reason)


def _limits(x: Prepared, y: Prepared, pairs: Pairs, bits: float) -> dict[str, bool]:
    """Return what may speak against the estimate, what to do then, and whether it does.

    Latents that hold all there is are Gaussian together, as far as their compression can make them:
    then neighbours and correlations show the same. Where they do not, it may have missed more.
    """
    n, axes = len(pairs.u), x.linear.scores.shape[1] + y.linear.scores.shape[1]
    gap, limit = abs(pairs.bits - pairs.straight), np.log2(n)
    rows_an_axis = ROWS_AN_AXIS if pairs.weight >= TRUSTED else ROWS_A_CLUSTERED_AXIS
    return much_added(pairs.gain, pairs.bits) | {
        f"neighbours see {pairs.bits:.2f} bits in the latents, correlations {pairs.straight:.2f}: "
        "bits may be missed, so rely on the lower bound": gap > max(MAX_GAP, MAX_GAP_SHARE * bits),
        f"{n} rows are few for {axes} axes, and weak signals or clusters are not found: measure "
        "more rows, or keep fewer columns": n < rows_an_axis * axes,
        f"{n} rows can hardly show so many bits: read the estimate as a lower bound":
            bits > limit or pairs.most > NEAR_LIMIT * limit,
        f"{MAX_PAIRS} pairs of latents are the most that are kept: read the estimate as a lower "
        "bound": pairs.u.shape[1] == MAX_PAIRS,
        f"{100 * MAX_CUT:.0f} % of the variance or more is on axes that were left out: keep fewer "
        "columns, or measure more rows": max(x.linear.cut, y.linear.cut) > MAX_CUT,
    }  # fmt: skip


def _verdict(x: Prepared, y: Prepared, pairs: Pairs, halves: list[Rows]) -> Verdict:
    """Return what critics show: of mixtures only where latents of one side depend on each other.

    Clusters are seen best as they are, in all axes; where there are many, in the latents.
    """
    u, v = pairs.u[:, :MAX_SIDE], pairs.v[:, :MAX_SIDE]
    if pairs.weight >= TRUSTED:
        return judge([(u, v)], halves, (1,))._replace(bits=-np.inf)
    sides = [(u, v)]
    if max(x.few.shape[1], y.few.shape[1]) <= MAX_SIDE:
        sides = [(x.few, y.few)]
        if max((x.plain**4).mean(0).max(), (y.plain**4).mean(0).max()) < MAX_KURTOSIS:
            sides += [(x.plain, y.plain)]
    return judge(sides, halves, COMPONENTS)


def _best_pairs(x: Prepared, y: Prepared, halves: list[Rows], rng: np.random.Generator) -> Pairs:
    """Return the pairs of the plainest compression that no richer one beats by `MIN_GAIN`."""
    best, most = None, -np.inf
    if x.normal.shape[1] + y.normal.shape[1] <= MAX_RAW:
        best = _uncompressed(*_spread(x, y, x.normal, y.normal, rng))
        if x.normal.shape[1] == y.normal.shape[1] == 1:
            return best
    for a, b in ((x.linear, y.linear), (x.bent, y.bent)):
        # As many noisy axes a row call for this ridge, where trying several would be dear.
        dear = most, (a.scores.shape[1] + b.scores.shape[1]) / (4 * len(a.scores)), None
        shared, ridge, early = dear if _is_wide(a, b) else best_ridge(a, b, halves)
        if shared < most:
            continue
        most = shared
        folds = np.array_split(np.concatenate(halves), N_FOLDS if early else N_WIDE_FOLDS)
        u, v = _spread(x, y, *cross_fitted(a, b, folds, ridge), rng)
        kept = clear_pairs(u, v)
        pairs = count_pairs(u[:, kept], v[:, kept], rng)
        if best is not None and pairs.bits < best.bits + MIN_GAIN:
            continue
        if early:
            early = _spread(x, y, early[0][:, kept], early[1][:, kept], rng)
        best = _with_gain(pairs, *early) if early else _with_wide_gain(pairs, a, b)
    assert best is not None
    return best


def _spread(
    x: Prepared, y: Prepared, u: Array, v: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    return spread(u, x.groups, rng), spread(v, y.groups, rng)


def _uncompressed(u: Array, v: Array) -> Pairs:
    """Return the data themselves, of few columns, as latents."""
    terms = information(u, v)
    bits = float(terms.mean())
    return Pairs(bits, u, v, u.shape[1], 0.0, terms, straight=bits, most=bits)


def _is_wide(a: Side, b: Side) -> bool:
    """Tell whether fits of the two sides are dear."""
    return bool(a.scores.shape[1] + b.scores.shape[1] > WIDE)


def _with_wide_gain(pairs: Pairs, a: Side, b: Side) -> Pairs:
    """Return the pairs with the bits that endlessly many rows would add, by the axes of noise."""
    endless = pair_bits(endless_correlations(a, b, pairs.u.shape[1])).sum()
    gain = pairs.weight * max(float(endless) - pairs.straight, 0.0)
    return replace(pairs, gain=gain, gain_error=WIDE_ERROR * gain)


def _with_gain(pairs: Pairs, u: Array, v: Array) -> Pairs:
    """Return the pairs with the bits that endlessly many rows would add.

    The step from half of the rows, whose latents u, v (n, m) are, is that of the correlations,
    which scatter least, as far as the pairs are trusted one by one. What a fit misses falls as one
    over its rows, so that the step to all rows but one fold tells of the rest; what is added is
    never negative, nor more than the bits themselves.
    """
    step = pairs.weight * (pairs.straight - gaussian_bits(u, v))
    if pairs.weight < SURE:
        counted = [
            float(information(a[:, : pairs.used], b[:, : pairs.used]).mean())
            for a, b in ((pairs.u, pairs.v), (u, v))
        ]
        step += (1 - pairs.weight) * (counted[0] - counted[1])
    share = 1 - 1 / N_FOLDS
    gain = float(np.clip(step / share / (2 - 1 / share), 0, max(pairs.bits, 0)))
    return replace(pairs, gain=gain, gain_error=gain / 2)


def _scatter(pairs: Pairs, rng: np.random.Generator) -> float:
    """Return the standard error of the estimate, the larger of two.

    One comes from estimates on disjoint blocks of rows, whose variance falls as one over the rows;
    the other from the spread of the rows' own terms. Blocks are few, so theirs scatters; the
    terms are many, but miss what rows have in common.
    """
    n = len(pairs.u)
    u, v = (side[:, : min(AT_ONCE, pairs.used)] for side in (pairs.u, pairs.v))
    blocks = np.array_split(rng.permutation(n), 10 if n >= 1_000 else 5)
    each = [ksg(u[rows], v[rows], MIN_NEIGHBOURS).mean() for rows in blocks]
    between = float(np.std(each, ddof=1) / np.sqrt(len(each)))
    within = float(pairs.contributions.std(ddof=1) / np.sqrt(n))
    return max(between, within)
