"""Samples whose information with a label is known, by averaging a known density."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import t as student_t

Array: TypeAlias = NDArray[np.float64]
Core: TypeAlias = Callable[[NDArray[np.int64], np.random.Generator], Array]
LogDensity: TypeAlias = Callable[[Array], Array]

#: Draws over which the truth is averaged; its own standard error is below 0.005 bits.
TRUTH_DRAWS = 200_000


@dataclass(frozen=True)
class LabelCase:
    """One law of x (n, d) and a label; `bits` is their information, `ceiling` the entropy."""

    name: str
    shares: Array
    dim: int
    core: Core
    bits: float

    @property
    def ceiling(self) -> float:
        """Entropy of the label, in bits."""
        return float(-(self.shares * np.log2(self.shares)).sum())

    def draw(self, n: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
        """Return n points and their labels; noise axes are added by a random rotation."""
        rng = np.random.default_rng(seed)
        labels = rng.choice(len(self.shares), n, p=self.shares)
        x = self.core(labels, rng)
        x = np.hstack([x, rng.standard_normal((n, self.dim - x.shape[1]))])
        turn, _ = np.linalg.qr(rng.standard_normal((self.dim, self.dim)))
        return x @ turn, labels


def _make(name: str, shares: Array, dim: int, core: Core, log_density: LogDensity) -> LabelCase:
    """Average log2 p(x | label) / p(x) over draws; `log_density` gives (n, classes) in nats."""
    rng = np.random.default_rng(11)
    labels = rng.choice(len(shares), TRUTH_DRAWS, p=shares)
    each = log_density(core(labels, rng))
    own = each[np.arange(len(labels)), labels]
    bits = float((own - logsumexp(each + np.log(shares), axis=1)).mean() / log(2))
    return LabelCase(name, shares, dim, core, bits)


def shares_of(n_classes: int, balanced: bool) -> Array:
    """Return equal shares, or shares that fall to a thirtieth of the first."""
    weights = np.ones(n_classes) if balanced else np.geomspace(1, 1 / 30, n_classes)
    return weights / weights.sum()


def round_clusters(n_classes: int, dim: int, spread: float, balanced: bool) -> LabelCase:
    """Gaussian clusters, one a class, among noise axes."""
    core_dim = min(dim, 6)
    rng = np.random.default_rng(n_classes)
    means = spread * rng.standard_normal((n_classes, core_dim))

    def core(labels: NDArray[np.int64], rng: np.random.Generator) -> Array:
        return means[labels] + rng.standard_normal((len(labels), core_dim))

    def log_density(x: Array) -> Array:
        return np.asarray(-0.5 * ((x[:, None] - means) ** 2).sum(2))

    even = "balanced" if balanced else "uneven"
    name = f"{n_classes} round classes d={dim} {even}"
    return _make(name, shares_of(n_classes, balanced), dim, core, log_density)


def split_clusters(n_classes: int, dim: int, spread: float) -> LabelCase:
    """Every class is three distant Gaussian clusters: no single direction tells it."""
    core_dim = min(dim, 4)
    rng = np.random.default_rng(50 + n_classes)
    means = spread * rng.standard_normal((n_classes, 3, core_dim))

    def core(labels: NDArray[np.int64], rng: np.random.Generator) -> Array:
        part = rng.integers(0, 3, len(labels))
        return means[labels, part] + rng.standard_normal((len(labels), core_dim))

    def log_density(x: Array) -> Array:
        return logsumexp(-0.5 * ((x[:, None, None] - means) ** 2).sum(3), axis=2) - log(3)

    name = f"{n_classes} split classes d={dim}"
    return _make(name, shares_of(n_classes, True), dim, core, log_density)


def heavy_clusters(n_classes: int, dim: int, spread: float) -> LabelCase:
    """Clusters with Student tails of two degrees of freedom on every axis."""
    core_dim = min(dim, 4)
    rng = np.random.default_rng(90 + n_classes)
    means = spread * rng.standard_normal((n_classes, core_dim))

    def core(labels: NDArray[np.int64], rng: np.random.Generator) -> Array:
        return means[labels] + rng.standard_t(2, (len(labels), core_dim))

    def log_density(x: Array) -> Array:
        parts: list[Any] = [student_t.logpdf(x - mean, 2).sum(1) for mean in means]
        return np.column_stack(parts)

    name = f"{n_classes} heavy classes d={dim}"
    return _make(name, shares_of(n_classes, True), dim, core, log_density)


def ring(n_classes: int, dim: int) -> LabelCase:
    """Classes are shells of different width around one centre."""
    widths = np.geomspace(1, 6, n_classes)

    def core(labels: NDArray[np.int64], rng: np.random.Generator) -> Array:
        return widths[labels][:, None] * rng.standard_normal((len(labels), 3))

    def log_density(x: Array) -> Array:
        squared = (x**2).sum(1)[:, None]
        return np.asarray(-0.5 * squared / widths**2 - 3 * np.log(widths))

    return _make(f"{n_classes} shells d={dim}", shares_of(n_classes, True), dim, core, log_density)


def noise_only(n_classes: int, dim: int) -> LabelCase:
    """Labels that x tells nothing of: 0 bits."""

    def core(labels: NDArray[np.int64], rng: np.random.Generator) -> Array:
        return rng.standard_normal((len(labels), 1))

    def log_density(x: Array) -> Array:
        return np.zeros((len(x), n_classes))

    return _make(
        f"{n_classes} independent classes d={dim}",
        shares_of(n_classes, True),
        dim,
        core,
        log_density,
    )


def guessed(n_classes: int, wrong: float) -> LabelCase:
    """A guess of the class in one-hot form, most rows alike; `wrong` of them are drawn anew."""
    chance = np.full((n_classes, n_classes), wrong / n_classes) + (1 - wrong) * np.eye(n_classes)

    def core(labels: NDArray[np.int64], rng: np.random.Generator) -> Array:
        other = rng.integers(0, n_classes, len(labels))
        return np.eye(n_classes)[np.where(rng.random(len(labels)) < wrong, other, labels)]

    def log_density(x: Array) -> Array:
        return np.asarray(np.log(chance[x.argmax(1)]))

    name = f"{n_classes} guessed classes"
    return _make(name, shares_of(n_classes, True), n_classes, core, log_density)


LABEL_CASES: tuple[LabelCase, ...] = (
    round_clusters(2, 1, 1.0, True),
    round_clusters(2, 16, 1.0, True),
    round_clusters(5, 16, 1.5, True),
    round_clusters(5, 16, 1.5, False),
    round_clusters(10, 16, 1.5, False),
    round_clusters(10, 100, 1.5, True),
    round_clusters(30, 16, 2.0, True),
    round_clusters(30, 16, 2.0, False),
    split_clusters(2, 2, 3.0),
    split_clusters(4, 8, 3.0),
    heavy_clusters(4, 8, 3.0),
    ring(3, 8),
    noise_only(2, 16),
    noise_only(10, 16),
)
#: Beside the above, what few rows, many classes and ties make hard.
HARD_CASES: tuple[LabelCase, ...] = (
    round_clusters(8, 50, 0.8, True),
    round_clusters(60, 20, 2.0, True),
    heavy_clusters(8, 20, 2.0),
    guessed(4, 0.2),
    guessed(10, 0.3),
)
LABEL_SIZES = (150, 300, 1_000)
LABEL_N = 2_000
LABEL_SEED = 0
