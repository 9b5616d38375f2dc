"""Information with labels: the entropy of the labels less the held-out loss of classifiers."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.neighbors import NearestNeighbors

from noisescaling.metric._inputs import Codes, Labels
from noisescaling.metric._result import Estimate, much_added, those_that_hold
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
#: Rows a class on average, below which an estimate is not relied on.
ROWS_A_CLASS = 5
#: Rows that are equal hold labels this much rarer unequal than any two rows: they are copies.
COPIES = 0.05
#: Ridges of the linear classifiers, on columns of unit variance; their pool is as good as a choice.
RIDGES = (0.03, 0.5)
#: Leading axes in which each class has a covariance of its own.
CURVED_AXES = 12
#: Leading axes in which distances are taken.
NEAR_AXES = 24
#: Nearest rows that are kept, and the one of those that vote whose distance sets the width; equal
#: rows that are at least so many vote alone.
NEAREST, WIDTH, EQUAL = 100, 10, 4
#: Rows that may vote; more would cost much and tell little.
MAX_VOTERS = 4_000
#: Squared distance below which rows are equal but for the scatter that broke their ties.
SAME = 1e-9
#: No classifier may say that a class is less likely than e^-LIMIT of its share.
LIMIT = 12.0
#: Share of the label frequencies that is mixed into each chance, so that none is 0.
FLOOR = 1e-3
MAX_STEPS = 50


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
    told = much_added(gain, bits) | {
        f"{n - n_groups} of {n} rows are copies of others, label and all: remove them":
            n_groups < n,
        f"{n} rows are few for {labels.n_classes} classes: merge classes, or measure more rows":
            n < ROWS_A_CLASS * labels.n_classes,
    }  # fmt: skip
    return Estimate(
        bits=bits + gain,
        standard_error=float(np.hypot(sampling, ERROR_OF_GAIN * gain)),
        terms=terms,
        n_latents=min(labels.n_classes - 1, x.linear.scores.shape[1]),
        converged=converged,
        lower_bound=float(unseen.mean()),
        reason=those_that_hold(told),
    )


def _judged(
    x: Prepared, near: tuple[Codes, Array], labels: Labels, splits: "list[Split]"
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
) -> "Split":
    """Split the rows into parts at random, each class evenly, and never a group of rows."""
    _, first, groups = np.unique(groups, return_index=True, return_inverse=True)
    order = rng.permutation(len(first))
    dealt = order[np.argsort(codes[first[order]], kind="stable")]
    part = np.empty(len(first), np.int64)
    part[dealt] = np.arange(len(first)) % n_parts
    steps = (np.arange(n_parts) - np.arange(n_parts)[:, None]) % n_parts
    return Split(part[groups], (steps > 0) & (steps <= n_teachers))


@dataclass(frozen=True)
class Split:
    """Parts (n,) of the rows, and which part j teaches the judge of part i: teaches[i, j]."""

    part: Codes
    teaches: NDArray[np.bool_]

    def sums(self, codes: Codes, n_classes: int, columns: Array) -> Array:
        """Sum columns (n, q) over what teaches each part, by class: (parts, n_classes, q)."""
        n, parts = len(codes), len(self.teaches)
        cell = self.part * n_classes + codes
        table = sp.csr_matrix((np.ones(n), (cell, np.arange(n))), (parts * n_classes, n))
        each = np.asarray(table @ columns).reshape(parts, n_classes, -1)
        return np.tensordot(self.teaches.astype(float), each, 1)


def log_ratios(
    linear: Array, bent: Array, near: tuple[Codes, Array], codes: Codes, share: Array, split: Split
) -> Array:
    """Return log of chance over share (classifiers, n, n_classes), the votes of near rows last."""
    counts = split.sums(codes, len(share), np.ones((len(codes), 1)))[:, :, 0]
    densities = [
        *(logs for side in (linear, bent) for logs in linear_logs(side, codes, counts, split)),
        curved_logs(linear, codes, counts, split),
    ]
    known = np.where(counts > 0, np.log(np.maximum(counts, 1)), -2 * LIMIT)[split.part]
    found = [log_softmax(density + known, axis=1) - np.log(share) for density in densities]
    return np.maximum([*found, neighbour_logs(near, codes, share, split)], -LIMIT)


def linear_logs(scores: Array, codes: Codes, counts: Array, split: Split) -> list[Array]:
    """Return log chances (n, n_classes), by Gaussians of one covariance, for each of `RIDGES`.

    `scores` are (n, p); `counts` (parts, n_classes) tells of how many rows each class is learned.
    """
    n_classes = counts.shape[1]
    sums = split.sums(codes, n_classes, scores)
    parts = [np.flatnonzero(split.part == i) for i in range(len(counts))]
    moments = np.stack([scores[rows].T @ scores[rows] for rows in parts])
    logs = [np.empty((len(codes), n_classes)) for _ in RIDGES]
    for rows, count, total, teaches in zip(parts, counts, sums, split.teaches, strict=True):
        mean = total / np.maximum(count, 1)[:, None]
        within = moments[teaches].sum(0) - total.T @ mean
        variances, axes = np.linalg.eigh(within / max(count.sum() - (count > 0).sum(), 1))
        own, centre = scores[rows] @ axes, mean @ axes
        for out, ridge in zip(logs, RIDGES, strict=True):
            weight = 1 / (np.maximum(variances, 0) + ridge)
            # A mean of few rows is off by the scatter of these, and looks too far from all others.
            excess = (np.maximum(variances, 0) * weight).sum() / np.maximum(count, 1)
            out[rows] = (own * weight) @ centre.T - 0.5 * (centre**2 @ weight - excess)
    return logs


def curved_logs(scores: Array, codes: Codes, counts: Array, split: Split) -> Array:
    """Return log chances (n, n_classes) by Gaussians whose covariances shrink to a common one."""
    z = scores[:, -CURVED_AXES:]
    n_classes, q = counts.shape[1], z.shape[1]
    products = (z[:, :, None] * z[:, None]).reshape(len(z), -1)
    sums = split.sums(codes, n_classes, np.hstack([z, products]))
    out = np.empty((len(codes), n_classes))
    for i, (count, total) in enumerate(zip(counts, sums, strict=True)):
        rows = split.part == i
        mean = total[:, :q] / np.maximum(count, 1)[:, None]
        scatter = total[:, q:].reshape(-1, q, q) - total[:, :q, None] * mean[:, None]
        within = scatter.sum(0) / max(count.sum() - n_classes, 1) + 1e-3 * np.eye(q)
        own = (scatter + q * within) / (count + q)[:, None, None]
        precise = np.linalg.inv(own + 1e-3 * np.eye(q))
        pull = (precise @ mean[:, :, None])[:, :, 0]
        size = products[rows] @ precise.reshape(n_classes, -1).T - 2 * z[rows] @ pull.T
        out[rows] = -0.5 * (size + (pull * mean).sum(1) - np.linalg.slogdet(precise)[1])
    return out


def nearest(scores: Array, rng: np.random.Generator) -> tuple[Codes, Array]:
    """Return the nearest rows of each, itself among them, and their squared distances, (n, k)."""
    points = scores[:, -NEAR_AXES:]
    voters = np.sort(rng.permutation(len(points))[:MAX_VOTERS])
    search = NearestNeighbors(n_neighbors=min(NEAREST, len(voters)), algorithm="brute")
    gaps, rows = search.fit(points[voters]).kneighbors(points)
    return voters[rows], gaps**2


def neighbour_logs(near: tuple[Codes, Array], codes: Codes, share: Array, split: Split) -> Array:
    """Return log of chance over share (n, n_classes) by votes of near rows, the nearer the more.

    The label frequencies vote once.
    """
    (rows, gaps), n_classes = near, len(share)
    votes = split.teaches[split.part[:, None], split.part[rows]]
    gaps = np.where(gaps < SAME, 0, gaps)
    alone = (votes & (gaps == 0)).sum(1, keepdims=True) >= EQUAL
    width = np.where(votes & (votes.cumsum(1) <= WIDTH), gaps, 0).max(1, keepdims=True)
    weights = votes * np.exp(-0.5 * gaps / np.where(alone, SAME, np.maximum(width, SAME)))
    cells = np.arange(len(codes))[:, None] * n_classes + codes[rows]
    found = np.bincount(cells.ravel(), weights.ravel(), len(codes) * n_classes)
    chances = (found.reshape(-1, n_classes) + share) / (weights.sum(1, keepdims=True) + 1)
    return np.asarray(np.log(chances / share))


def pool_weights(
    ratios: Array, codes: Codes, log_share: Array, start: Array | None = None
) -> tuple[Array, bool]:
    """Return the weights (c,) of log ratios (c, n, n_classes) that make `codes` most likely.

    A weighted sum of logs lets a classifier that is too sure of itself, or no use, count for less.
    The likelihood is concave; `start` is a guess of the weights. The second value tells whether
    the search stopped before `MAX_STEPS`.
    """
    n = len(codes)
    own = ratios[:, np.arange(n), codes].sum(1)

    def loss(weights: Array) -> tuple[float, Array]:
        logs = log_softmax(np.tensordot(weights, ratios, 1) + log_share, axis=1)
        value = -logs[np.arange(n), codes].sum() + 0.5 * weights @ weights
        slope = ratios.reshape(len(ratios), -1) @ np.exp(logs).ravel() - own + weights
        return value / n, slope / n

    start = np.full(len(ratios), 1 / len(ratios)) if start is None else start
    options = {"maxiter": MAX_STEPS, "ftol": 1e-6}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x), found.nit < MAX_STEPS


def pooled(ratios: Array, weights: Array, codes: Codes, log_share: Array) -> Array:
    """Return log2 of the pooled chance of each row's own code over its share, shape (n,)."""
    logs = log_softmax(np.tensordot(weights, ratios, 1) + log_share, axis=1) - log_share
    own = logs[np.arange(len(codes)), codes]
    return np.asarray(np.log2((1 - FLOOR) * np.exp(own) + FLOOR))
