"""Chances of labels for rows that a classifier never saw, and the best pool of several."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.neighbors import NearestNeighbors

from noisescaling.metric._sides import Array

Codes = NDArray[np.int64]

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
