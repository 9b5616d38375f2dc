"""Samples whose mutual information is known, for continuous signals.

Every case is a pure function of a seed, in numpy and scipy only, so that the peers' environments
draw the very same arrays. The truth of each is a closed form, or a sum or an integral of a known
density; information does not change under invertible maps, which makes the nonlinear cases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, log2, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp, ndtri, psi
from scipy.stats import norm, poisson

Array: TypeAlias = NDArray[np.float64]
Sampler: TypeAlias = Callable[[int, np.random.Generator], tuple[Array, Array]]


@dataclass(frozen=True)
class Case:
    """One joint law with its information in bits; `draw(n, seed)` gives x (n, d) and y (n, k)."""

    name: str
    family: str
    dim_x: int
    dim_y: int
    bits: float
    sampler: Sampler

    def draw(self, n: int, seed: int) -> tuple[Array, Array]:
        """Return n pairs; the same seed gives the same pairs."""
        return self.sampler(n, np.random.default_rng(seed))


def correlation_of(bits: float) -> float:
    """Return the correlation of a Gaussian pair that shares `bits`."""
    return sqrt(1 - 2 ** (-2 * bits))


def pairs(n: int, k: int, bits: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """K independent Gaussian pairs that share `bits` in all."""
    rho = correlation_of(bits / k)
    a = rng.standard_normal((n, k))
    return a, rho * a + sqrt(1 - rho**2) * rng.standard_normal((n, k))


def rotated(a: Array, dim: int, rng: np.random.Generator) -> Array:
    """The columns of `a` and independent noise, turned by a random rotation into `dim` axes."""
    noise = rng.standard_normal((len(a), dim - a.shape[1]))
    turn, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
    return np.hstack([a, noise]) @ turn


def gaussian(dim: int, k: int, bits: float) -> Case:
    """K Gaussian pairs that share `bits` in all, rotated among noise into `dim` axes a side."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        a, b = pairs(n, k, bits, rng)
        return rotated(a, dim, rng), rotated(b, dim, rng)

    return Case(f"gaussian d={dim} k={k} {bits:g} bits", "gaussian", dim, dim, bits, draw)


def independent(dim: int) -> Case:
    """Two independent Gaussian clouds: 0 bits."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        return rng.standard_normal((n, dim)), rng.standard_normal((n, dim))

    return Case(f"independent d={dim}", "independent", dim, dim, 0.0, draw)


def independent_heavy(dim: int) -> Case:
    """Two independent clouds with Cauchy margins: 0 bits."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        return rng.standard_cauchy((n, dim)), rng.standard_cauchy((n, dim))

    return Case(f"independent Cauchy d={dim}", "independent", dim, dim, 0.0, draw)


def _embed(z: Array, dim: int, rng: np.random.Generator) -> Array:
    """An injective smooth map of z into `dim` axes: a linear image plus bent random directions."""
    width = z.shape[1]
    linear = z @ rng.standard_normal((width, dim)) / sqrt(width)
    bent = np.sin(1.5 * z @ rng.standard_normal((width, dim)) + rng.uniform(0, 6, dim))
    return linear * 0.5 + bent


def embedded(dim: int, k: int, bits: float) -> Case:
    """K Gaussian pairs bent into `dim` axes a side by injective maps."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        a, b = pairs(n, k, bits, rng)
        return _embed(a, dim, rng), _embed(b, dim, rng)

    return Case(f"embedded d={dim} k={k} {bits:g} bits", "nonlinear", dim, dim, bits, draw)


def magnitude(dim: int, bits: float) -> Case:
    """Y tells of |x| alone, so that every linear correlation is 0."""
    rho = correlation_of(bits)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        x = rng.standard_normal((n, 1))
        size = ndtri(2 * norm.cdf(np.abs(x)) - 1)
        y = rho * size + sqrt(1 - rho**2) * rng.standard_normal((n, 1))
        return rotated(x, dim, rng), rotated(y, dim, rng)

    return Case(f"magnitude d={dim} {bits:g} bits", "nonlinear", dim, dim, bits, draw)


def swiss_roll(bits: float) -> Case:
    """A Gaussian pair whose x is rolled up in the plane."""
    rho = correlation_of(bits)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        a = rng.standard_normal(n)
        y = rho * a + sqrt(1 - rho**2) * rng.standard_normal(n)
        angle = 1.5 * np.pi * (1 + 2 * norm.cdf(a))
        return np.column_stack([angle * np.cos(angle), angle * np.sin(angle)]) / 21, y[:, None]

    return Case(f"swiss roll {bits:g} bits", "nonlinear", 2, 1, bits, draw)


def cubed(dim: int, k: int, bits: float) -> Case:
    """K Gaussian pairs among noise, every axis cubed: heavy tails by an invertible map."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        a, b = pairs(n, k, bits, rng)
        pad = (n, dim - k)
        x = np.hstack([a, rng.standard_normal(pad)])
        y = np.hstack([b, rng.standard_normal(pad)])
        return x**3, y**3

    return Case(f"cubed d={dim} k={k} {bits:g} bits", "heavy tails", dim, dim, bits, draw)


def _student_entropy(dim: int, dof: float) -> float:
    """Entropy of a standard multivariate Student law, in nats."""
    half = (dof + dim) / 2
    scale = gammaln(dof / 2) - gammaln(half) + dim / 2 * log(dof * np.pi)
    return float(scale + half * (psi(half) - psi(dof / 2)))


def student(dim: int, dof: float) -> Case:
    """Uncorrelated Student vectors that share their scale only."""
    nats = 2 * _student_entropy(dim, dof) - _student_entropy(2 * dim, dof)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        scale = np.sqrt(dof / rng.chisquare(dof, (n, 1)))
        return rng.standard_normal((n, dim)) * scale, rng.standard_normal((n, dim)) * scale

    return Case(f"student d={dim} dof={dof:g}", "heavy tails", dim, dim, nats / log(2), draw)


def _mixture_bits(weights: Array, means_x: Array, means_y: Array) -> float:
    """Information of a mixture whose components are round, unit and independent in x and y."""
    rng = np.random.default_rng(1)
    which = rng.choice(len(weights), 400_000, p=weights)
    x = means_x[which] + rng.standard_normal((len(which), means_x.shape[1]))
    y = means_y[which] + rng.standard_normal((len(which), means_y.shape[1]))
    log_x = -0.5 * ((x[:, None] - means_x) ** 2).sum(2)
    log_y = -0.5 * ((y[:, None] - means_y) ** 2).sum(2)
    log_w = np.log(weights)
    joint = logsumexp(log_w + log_x + log_y, axis=1)
    margins = logsumexp(log_w + log_x, axis=1) + logsumexp(log_w + log_y, axis=1)
    return float((joint - margins).mean() / log(2))


def mixture(dim: int, n_clusters: int, spread: float) -> Case:
    """Clusters that x and y share, as cell types are shared by genes and proteins."""
    rng = np.random.default_rng(dim * 100 + n_clusters)
    weights = rng.dirichlet(np.full(n_clusters, 3.0))
    core = 3
    means_x = spread * rng.standard_normal((n_clusters, core))
    means_y = spread * rng.standard_normal((n_clusters, core))
    bits = _mixture_bits(weights, means_x, means_y)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        which = rng.choice(n_clusters, n, p=weights)
        x = means_x[which] + rng.standard_normal((n, core))
        y = means_y[which] + rng.standard_normal((n, core))
        return rotated(x, dim, rng), rotated(y, dim, rng)

    name = f"mixture d={dim} {n_clusters} clusters"
    return Case(name, "mixture", dim, dim, bits, draw)


def _counts_bits(depth: float, slope: float, rho: float) -> float:
    """I(S; y) of S ~ Poisson(depth exp(slope z)) and y of correlation rho with z, by a grid."""
    z = np.linspace(-5.5, 5.5, 1201)
    weight_z = norm.pdf(z) * (z[1] - z[0])
    counts = np.arange(int(depth * np.exp(slope * 5.5)) + 200)
    given_z = poisson.pmf(counts[:, None], depth * np.exp(slope * z))
    keep = given_z @ weight_z > 1e-12
    given_z = given_z[keep]
    y = np.linspace(-5.5, 5.5, 801)
    kernel = norm.pdf(y[None, :], rho * z[:, None], sqrt(1 - rho**2))
    joint = (given_z * weight_z) @ kernel * (y[1] - y[0])
    total = joint.sum()
    margins = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    safe = joint > 1e-300
    return float((joint[safe] * np.log2(joint[safe] / margins[safe])).sum() / total)


def thinned_counts(dim: int, depth: float) -> Case:
    """Poisson counts of `dim` genes at `depth` counts a cell: ties, duplicates and empty cells."""
    slope, rho = 0.8, 0.95
    bits = _counts_bits(depth, slope, rho)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        z = rng.standard_normal((n, 1))
        share = np.random.default_rng(7).dirichlet(np.full(dim, 2.0))
        x = rng.poisson(depth * np.exp(slope * z) * share).astype(float)
        return x, rho * z + sqrt(1 - rho**2) * rng.standard_normal((n, 1))

    return Case(f"counts d={dim} depth {depth:g}", "duplicates", dim, 1, bits, draw)


def half_empty(dim: int, k: int, bits: float) -> Case:
    """Gaussian pairs of which half the rows of x are wiped to 0: `bits` is halved."""
    full = gaussian(dim, k, bits)

    def draw(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        x, y = full.sampler(n, rng)
        return x * (rng.random((n, 1)) < 0.5), y

    return Case(
        f"half empty d={dim} k={k} {bits / 2:g} bits", "duplicates", dim, dim, bits / 2, draw
    )


#: The cases that every estimator sees at n = 2,000, latentmi included.
SHARED: tuple[Case, ...] = (
    gaussian(1, 1, 1),
    gaussian(1, 1, 4),
    gaussian(4, 2, 2),
    gaussian(16, 1, 1),
    gaussian(16, 3, 3 * -0.5 * log2(1 - 0.9**2)),
    gaussian(16, 4, 6),
    gaussian(64, 2, 2),
    gaussian(64, 8, 4),
    independent(4),
    independent(16),
    independent_heavy(8),
    embedded(20, 2, 2),
    embedded(50, 4, 3),
    magnitude(2, 1),
    magnitude(8, 2),
    swiss_roll(2),
    cubed(8, 2, 2),
    student(3, 2),
    student(5, 2),
    mixture(4, 5, 3.0),
    mixture(20, 8, 2.0),
    thinned_counts(10, 3),
    thinned_counts(20, 30),
    half_empty(8, 2, 3),
)
SHARED_N = 2_000
SHARED_SEED = 0

#: The ladder of Gaussian truths: dimensions, informative pairs, bits, at every size.
LADDER: tuple[Case, ...] = tuple(
    gaussian(dim, k, bits) if bits else independent(dim)
    for dim, k in ((1, 1), (4, 2), (16, 4), (64, 8))
    for bits in (0, 0.5, 1, 2, 4, 6)
)
LADDER_N = (500, 2_000, 5_000, 20_000)
