"""Information with labels: the entropy of the labels less the held-out loss of classifiers."""

import numpy as np

from noisescaling.metric._classifiers import Codes, Split, log_ratios, nearest, pool_weights, pooled
from noisescaling.metric._inputs import Labels
from noisescaling.metric._result import Estimate
from noisescaling.metric._sides import Array, Prepared

#: Parts of the rows, and how many of the others teach the judge of one: four fifths of the rows,
#: and a quarter.
SCHEMES = ((5, 4), (4, 1))
#: Splits are averaged until so many rows, and chances of classes, have been judged.
ROWS_JUDGED, CHANCES_JUDGED = 1_200, 40_000
#: What log (entropy - bits) falls from a quarter to four fifths of the rows, times this, is what
#: it falls from there on: the loss falls about as the square root of the rows.
BEYOND = 1.2
#: Standard error of what is added for more rows, as a share of it.
ERROR_OF_GAIN = 0.75
#: Bits that more rows must add, or that the nearest rows alone must see, for a word of warning.
LARGE_GAIN, LARGE_LATE = 0.5, 0.03
#: Rows a class on average, below which an estimate is not relied on.
ROWS_A_CLASS = 5
#: Rows that are equal hold labels this much rarer unequal than any two rows: they are copies.
COPIES = 0.05


def estimate_labels(x: Prepared, labels: Labels, rng: np.random.Generator) -> Estimate:
    """Estimate I(x; label) in bits.

    The mean over rows of log2 q(label | x) / p(label) is the information less what the classifier
    q misses; q never saw the row. How it grows with the rows that q learned from tells what more
    rows would add.
    """
    codes, n = labels.codes, len(labels.codes)
    groups = x.groups if are_copies(codes, x.groups) else np.arange(n)
    n_groups = len(np.unique(groups))
    near = nearest(x.linear.scores, rng)
    few = min(ROWS_JUDGED // n, CHANCES_JUDGED // (n * labels.n_classes))
    (terms, unseen, late, converged), (early, early_unseen, _, _) = (
        _judged(x, near, labels, [deal(codes, groups, *scheme, rng) for _ in range(few or 1)])
        for scheme in SCHEMES
    )
    # A pool that endless rows would choose is about half way between the two.
    bits, before = (float((a + b).mean() / 2) for a, b in ((terms, unseen), (early, early_unseen)))
    # Nearest rows see classes of any shape, but learn them slowly: as much again is still to come.
    gain = min(beyond(bits, before, labels.entropy) - bits + late, max(bits, 0) / 2)
    gain = min(gain, labels.entropy - bits)
    sampling = float(terms.std(ddof=1) / np.sqrt(n_groups))
    told = {
        f"{n - n_groups} of {n} rows are copies of others, label and all": n_groups < n,
        f"{n} rows are few for {labels.n_classes} classes: {gain:.2f} bits are added for more "
        "rows": gain > LARGE_GAIN,
        f"{n} rows are few for {labels.n_classes} classes": n < ROWS_A_CLASS * labels.n_classes,
        f"classes of no simple shape: nearest rows alone see {late:.2f} bits": late > LARGE_LATE,
    }
    return Estimate(
        bits=bits + gain,
        standard_error=float(np.hypot(sampling, ERROR_OF_GAIN * gain)),
        terms=terms,
        n_latents=min(labels.n_classes - 1, x.linear.scores.shape[1]),
        converged=converged,
        lower_bound=float(unseen.mean()),
        reliable=not any(told.values()),
        reason="; ".join(text for text, holds in told.items() if holds),
    )


def _judged(
    x: Prepared, near: tuple[Codes, Array], labels: Labels, splits: list[Split]
) -> tuple[Array, Array, float, bool]:
    """Return the bits of each row, (n,), by pools that have seen it, and that have not.

    The means over splits. The third value are the mean bits that a pool without the votes of near
    rows lacks, the fourth tells whether all searches converged.
    """
    codes = labels.codes
    share = np.bincount(codes) / len(codes)
    seen, unseen, simple = np.zeros((3, len(codes)))
    weights, converged = None, True
    for split in splits:
        ratios = log_ratios(x.linear.scores, x.bent.scores, near, codes, share, split)
        weights, stopped = pool_weights(ratios, codes, np.log(share), weights)
        converged &= stopped
        seen += pooled(ratios, weights, codes, np.log(share)) / len(splits)
        others, _ = pool_weights(ratios[:-1], codes, np.log(share), weights[:-1])
        simple += pooled(ratios[:-1], others, codes, np.log(share)) / len(splits)
        for some in (split.part % 2 == 0, split.part % 2 == 1):
            others, _ = pool_weights(ratios[:, some], codes[some], np.log(share), weights)
            judged = pooled(ratios[:, ~some], others, codes[~some], np.log(share))
            unseen[~some] += judged / len(splits)
    return seen, unseen, max(float((seen - simple).mean()), 0.0), converged


def beyond(bits: float, early: float, entropy: float) -> float:
    """Return what `bits` from four fifths of the rows, and `early` from a quarter, lead to."""
    left = max(entropy - bits, 0.0)
    fall = np.log(max(entropy - early, 1e-12) / max(left, 1e-12))
    return float(bits + left * (1 - np.exp(-BEYOND * max(fall, 0.0))))


def are_copies(codes: Codes, equal: Codes) -> bool:
    """Tell whether rows that are equal are copies of whole rows, label and all.

    Where x has few values, as a class that was guessed, rows are equal without being copies.
    """
    different = int(equal.max()) + 1
    few = max(2 * (int(codes.max()) + 1), len(codes) / 20)
    if different == len(codes) or different < few:
        return False
    order = np.lexsort([codes, equal])
    pairs = np.diff(equal[order]) == 0
    unequal = float((np.diff(codes[order])[pairs] != 0).mean())
    return unequal < COPIES * (1 - float((np.bincount(codes) ** 2).sum()) / len(codes) ** 2)


def deal(
    codes: Codes, groups: Codes, n_parts: int, n_teachers: int, rng: np.random.Generator
) -> Split:
    """Split the rows into parts at random, each class evenly, and never a group of rows."""
    _, first, groups = np.unique(groups, return_index=True, return_inverse=True)
    order = rng.permutation(len(first))
    dealt = order[np.argsort(codes[first[order]], kind="stable")]
    part = np.empty(len(first), np.int64)
    part[dealt] = np.arange(len(first)) % n_parts
    steps = (np.arange(n_parts) - np.arange(n_parts)[:, None]) % n_parts
    return Split(part[groups], (steps > 0) & (steps <= n_teachers))
