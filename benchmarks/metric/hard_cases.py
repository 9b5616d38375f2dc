"""Samples of known information that an earlier estimator of this book read wrong.

Clustered views, many pairs, many columns, shared values and deterministic maps. Beside each case
`BEFORE` (before.csv) holds what that estimator read on the very same sample.
"""

import csv
from collections.abc import Callable
from math import inf, log
from pathlib import Path

import numpy as np
from benchmarks.metric.cases import (
    Array,
    Case,
    cubed,
    embedded,
    gaussian,
    half_empty,
    magnitude,
    mixture,
    pairs,
    rotated,
    student,
    swiss_roll,
)
from scipy.special import logsumexp
from scipy.stats import entropy as nats
from scipy.stats import poisson

#: Draws over which the truth of clustered views is averaged; its standard error is about 0.01 bits.
TRUTH_DRAWS = 40_000
BEFORE = Path(__file__).with_name("before.csv")


def before() -> dict[str, dict[str, str]]:
    """Return what the old estimator read of each case, by its name."""
    with BEFORE.open(newline="") as stream:
        return {row["case"]: row for row in csv.DictReader(stream)}


def _log_normal(points: Array, mean: Array, covariance: Array) -> Array:
    root = np.linalg.cholesky(covariance)
    away = np.linalg.solve(root, (points - mean).T)
    size = np.log(np.diag(root)).sum() + 0.5 * len(mean) * log(2 * np.pi)
    return np.asarray(-0.5 * (away**2).sum(0) - size)


def views(n_clusters: int, dim: int, spread: float, within: float, noise: float) -> Case:
    """Two views, each with noise of its own, of one point of a mixture of Gaussians.

    So are two halves of the molecules of a cell, and with more noise its clone, its neighbour or
    its proteins.
    """
    fixed = np.random.default_rng(1_000 + 10 * n_clusters + dim)
    weights = fixed.dirichlet(np.full(n_clusters, 5.0))
    means = spread * fixed.standard_normal((n_clusters, dim))
    mixing = fixed.standard_normal((n_clusters, dim, dim)) / np.sqrt(dim)
    inner = within**2 * (0.7 * mixing @ mixing.transpose(0, 2, 1) + 0.3 * np.eye(dim))
    roots = np.linalg.cholesky(inner)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        which = rng.choice(n_clusters, n, p=weights)
        z = means[which] + np.einsum("nij,nj->ni", roots[which], rng.standard_normal((n, dim)))
        x, y = z + noise * rng.standard_normal((2, n, dim))
        return x, y

    def log_density(points: Array, copies: int) -> Array:
        whole = np.kron(np.ones((copies, copies)), inner) + noise**2 * np.eye(copies * dim)
        each = [
            _log_normal(points, np.tile(mean, copies), covariance)
            for mean, covariance in zip(means, whole, strict=True)
        ]
        return np.asarray(logsumexp(np.log(weights)[:, None] + each, axis=0))

    x, y = draw(TRUTH_DRAWS, np.random.default_rng(5))
    ratio = log_density(np.hstack([x, y]), 2) - log_density(x, 1) - log_density(y, 1)
    name = f"views of {n_clusters} clusters d={dim} ({spread:g}, {within:g}, noise {noise:g})"
    return Case(name, "clustered views", dim, dim, float(ratio.mean() / log(2)), draw)


def shuffled(case: Case) -> Case:
    """The same case, its pairs broken: 0 bits."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        x, y = case.sampler(n, rng)
        return x, y[rng.permutation(n)]

    return Case(f"{case.name} shuffled", "shuffled", case.dim_x, case.dim_y, 0.0, draw)


def bent(case: Case) -> Case:
    """The same case, each side through an injective map that leaves no cluster Gaussian."""

    def curved(side: Array, rng: np.random.Generator) -> Array:
        turn, _ = np.linalg.qr(rng.standard_normal((side.shape[1],) * 2))
        turned = side @ turn
        return np.asarray((turned + 0.6 * np.sin(1.5 * turned)) @ turn.T)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        x, y = case.sampler(n, rng)
        return curved(x, rng), curved(y, rng)

    return Case(f"bent {case.name}", "bent views", case.dim_x, case.dim_y, case.bits, draw)


def monotone(k: int, bits: float) -> Case:
    """K Gaussian pairs among no noise, rotated, and each column seen through a monotone map."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        a, b = pairs(n, k, bits, rng)
        return np.sinh(rotated(a, k, rng)), rotated(b, k, rng) ** 3

    return Case(f"{k} pairs by a monotone map", "many pairs", k, k, bits, draw)


def low_rank(dim: int, bits: float = 3.593893, rank: int = 20) -> Case:
    """Three Gaussian pairs among noise in `rank` axes, mixed into `dim` columns a side."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        a, b = pairs(n, 3, bits, rng)
        mix = rng.standard_normal((2, rank, dim))
        return rotated(a, rank, rng) @ mix[0], rotated(b, rank, rng) @ mix[1]

    return Case(f"rank {rank} in {dim} columns", "low rank", dim, dim, bits, draw)


def _principal(counts: Array, axes: Array) -> Array:
    """Project log counts, (cells, genes), onto axes (genes, k); like cells stay exactly alike."""
    kinds, which = np.unique(counts, axis=0, return_inverse=True)
    return np.asarray((np.log1p(kinds) @ axes)[which.ravel()])


def shallow(depth: float, against: str) -> Case:
    """PCA of independent cells of `depth` molecules, against other cells, a day or a number."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        share = rng.gamma(1, 1, (1, 100))
        first, second = (rng.poisson(depth * share / share.sum(), (n, 100)) for _ in range(2))
        centred = np.log1p(first) - np.log1p(first).mean(0)
        axes = np.linalg.eigh(centred.T @ centred)[1][:, -16:]
        other = {
            "cells": _principal(second, axes),
            "a day": rng.integers(0, 6, (n, 1)).astype(float),
            "a number": rng.standard_normal((n, 1)),
        }
        return _principal(first, axes), other[against]

    name = f"cells of {depth:g} molecules, {against}"
    return Case(name, "ties", 16, 16 if against == "cells" else 1, 0.0, draw)


def guessed_class(as_number: bool) -> Case:
    """A class of four against a guess of it, one in five drawn anew, in one-hot form."""
    bits = 2 - float(nats([0.85, 0.05, 0.05, 0.05], base=2))

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        c = rng.integers(0, 4, n)
        guess = np.where(rng.random(n) < 0.2, rng.integers(0, 4, n), c)
        return np.eye(4)[guess], c[:, None].astype(float) if as_number else np.eye(4)[c]

    name = f"one-hot guess, {'class as a number' if as_number else 'one-hot class'}"
    return Case(name, "discrete", 4, 1 if as_number else 4, bits, draw)


def coins(flipped: float) -> Case:
    """Two coins against the same coins of which a share is flipped; a half makes them others."""
    bits = 2 * (1 - float(nats([flipped, 1 - flipped], base=2)))

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        coin = rng.integers(0, 2, (n, 2))
        return (coin ^ (rng.random((n, 2)) < flipped)).astype(float), coin.astype(float)

    return Case(f"two coins, {flipped:g} flipped", "discrete", 2, 2, bits, draw)


def same_counts() -> Case:
    """Two Poisson counts of mean 0.5 against themselves: their entropy."""
    bits = 2 * float(nats(poisson.pmf(np.arange(30), 0.5), base=2))

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        counts = rng.poisson(0.5, (n, 2)).astype(float)
        return counts, counts

    return Case("counts, the same counts", "discrete", 2, 2, bits, draw)


def deterministic(name: str, columns: int, of: Callable[[Array], Array]) -> Case:
    """Normal columns against a function of themselves: unboundedly many bits."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        x = rng.standard_normal((n, columns))
        return x, of(x)

    return Case(name, "unbounded", columns, columns, inf, draw)


#: Wide apart, as halves of cells are; and with more noise, as clones, neighbours and proteins.
HIGH = (
    (5, 8, 2.0, 1.0, 0.5),
    (8, 12, 2.0, 1.0, 0.6),
    (6, 16, 1.5, 0.8, 0.6),
    (8, 8, 3.0, 1.0, 0.4),
)
LOW = (
    (5, 8, 1.5, 0.6, 1.0),
    (8, 12, 1.0, 0.5, 1.3),
    (6, 16, 1.0, 0.6, 1.2),
    (8, 8, 2.0, 0.5, 1.0),
    (5, 10, 0.8, 0.4, 1.0),
)
DEPTHS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)
AGAINST = ("cells", "a day", "a number")

#: Each case with its rows.
HARD: tuple[tuple[Case, int], ...] = (
    *((views(*law), 4_000) for law in HIGH),
    *((views(*law[:-1], 2 * law[-1]), 4_000) for law in HIGH),
    *((views(*law), 4_000) for law in LOW),
    *((bent(views(*law)), 4_000) for law in (HIGH[0], HIGH[1], LOW[0], LOW[3])),
    (shuffled(views(*HIGH[0])), 4_000),
    (shuffled(views(*HIGH[2])), 4_000),
    (gaussian(16, 16, 12.8), 4_000),
    (monotone(12, 8.84), 4_000),
    *((shallow(depth, other), 1_500) for depth in DEPTHS for other in AGAINST),
    (guessed_class(as_number=False), 2_000),
    (guessed_class(as_number=True), 2_000),
    (coins(0.1), 2_000),
    (coins(0.5), 2_000),
    (same_counts(), 2_000),
    (deterministic("x, x in one column", 1, lambda x: x), 2_000),
    (deterministic("x, x in three columns", 3, lambda x: x), 2_000),
    (deterministic("x, columns reordered", 3, lambda x: x[:, ::-1]), 2_000),
    (deterministic("x, exp(x)", 3, np.exp), 2_000),
    (deterministic("x, one direction of x", 3, lambda x: x[:, :1] + x[:, 1:2]), 2_000),
)
#: Many columns, of few axes or of as many axes as columns.
WIDE: tuple[Case, ...] = (
    *(low_rank(dim) for dim in (128, 512, 1_280, 2_048)),
    *(gaussian(dim, 3, 3.593893) for dim in (128, 512, 1_280, 2_048)),
)
WIDE_N = 5_000
HARD_SEED = 1
#: Further laws, most of them hard, for the verdict alone.
FURTHER_VIEWS = ((6, 6, 2.0, 1.0, 0.5), (4, 20, 1.5, 0.7, 0.8), (10, 4, 2.5, 0.8, 0.8))
FURTHER: tuple[Case, ...] = (
    magnitude(4, 1),
    magnitude(12, 1.5),
    mixture(12, 6, 2.5),
    mixture(30, 5, 2.0),
    mixture(8, 10, 2.0),
    embedded(10, 3, 3),
    embedded(40, 3, 2),
    swiss_roll(3),
    student(8, 3),
    half_empty(16, 3, 4),
    cubed(16, 3, 3),
    gaussian(30, 4, 3),
    gaussian(30, 10, 5),
    *(views(*law) for law in FURTHER_VIEWS),
    *(bent(views(*law)) for law in (*FURTHER_VIEWS, (5, 10, 0.8, 0.4, 1.0))),
    monotone(5, 4),
)
#: Rows, and draws of so many.
FURTHER_N = ((400, 2), (1_500, 1), (4_000, 1))
