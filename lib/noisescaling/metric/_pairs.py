"""Information in latent pairs: each counted by neighbours, all of them by their correlations."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from noisescaling.metric._crossfit import correlation_bits, held_out_correlations, is_clear
from noisescaling.metric._neighbours import Count
from noisescaling.metric._sides import Array, Rows

#: Dependence among latents of one side, in bits, at which single pairs are trusted to 1/e.
REDUNDANCY = 0.1
#: Trust in single pairs at which nothing else is counted.
SURE = 0.98
#: Pairs that neighbours can see at once, and bits that one more of them must add.
AT_ONCE, MIN_GAIN = 4, 0.03
#: Neighbours a point at least; more only where little information allows a coarse view.
MIN_NEIGHBOURS = 3


@dataclass(frozen=True)
class Pairs:
    """Latent pairs and the information of those in use.

    Attributes
    ----------
    bits
        Information in bits.
    u, v
        The clear latents, shape (n, m) each, with normal margins, the clearest pair first.
    used
        How many of the pairs `bits` were taken from.
    weight
        How far the sum over single pairs was trusted, 0 to 1.
    contributions
        Each row's own term, in bits, shape (n,): of the pairs one by one as far as these are
        trusted, of all in use at once as far as not.
    missed
        What neighbours miss, in bits, where several pairs are counted at once; not in `bits`.
    most
        The most bits that one pair shares.
    """

    bits: float
    u: Array
    v: Array
    used: int
    weight: float
    contributions: Array
    missed: float = 0.0
    most: float = 0.0

    @property
    def in_use(self) -> tuple[Array, Array]:
        """The latents in use, (n, used) each."""
        return self.u[:, : self.used], self.v[:, : self.used]


def neighbours_for(n: int, bits: float, n_pairs: int) -> int:
    """Return the neighbours a point for n rows that share about `bits`.

    The k nearest must fit into the width of the dependence, which halves with each bit.
    """
    share = max(bits, 0) / n_pairs
    fitting = min(0.4 / n_pairs * n * float(0.25**share), n / 50, 20 / n_pairs * float(0.5**share))
    return max(int(fitting), MIN_NEIGHBOURS)


def information(a: Array, b: Array, count: Count) -> Array:
    """Return each row's contribution to I(a; b), in bits."""
    contributions = count(a, b, MIN_NEIGHBOURS)
    k = neighbours_for(len(a), float(contributions.mean()), min(a.shape[1], b.shape[1]))
    return contributions if k == MIN_NEIGHBOURS else count(a, b, k)


def clear_pairs(u: Array, v: Array) -> Rows:
    """Return the columns of u and v (n, m) whose pairs are clear, at least one, the best first."""
    order = np.argsort(-held_out_correlations(u, v))
    return np.asarray(order[: max(int(is_clear(u, v).sum()), 1)])


def count_pairs(u: Array, v: Array, rng: np.random.Generator, count: Count) -> Pairs:
    """Return the information in the pairs of columns of u and v (n, m), of normal margins.

    Neighbours lose information in many dimensions, but not in two, where each pair is counted
    alone. What the pairs tell together is taken from their correlations. This holds as far as the
    latents of one side do not depend on each other; as far as they do, it would count what they
    have in common several times, and the first of them are counted at once.
    """
    columns = range(u.shape[1])
    each = [information(u[:, [i]], v[:, [i]], count) for i in columns]
    alone, most = np.sum(each, axis=0), float(max(terms.mean() for terms in each))
    weight = float(np.exp(-(redundancy(u) + redundancy(v)) / REDUNDANCY))
    shared = together(u, v)
    if weight >= SURE:
        return Pairs(float(alone.mean()) + shared, u, v, len(columns), 1.0, alone, 0.0, most)
    at_once, used = _at_once(u, v, count)
    missed = _missed(u[:, :used], v[:, :used], float(at_once.mean()), rng, count)
    terms = (1 - weight) * at_once + weight * alone
    bits = float(terms.mean()) + weight * shared
    return Pairs(bits, u, v, used, weight, terms, (1 - weight) * missed, most)


def _at_once(u: Array, v: Array, count: Count) -> tuple[Array, int]:
    """Return the contributions, in bits, of the first pairs at once, and how many these are."""
    best, used = information(u[:, :1], v[:, :1], count), 1
    for m in range(2, min(u.shape[1], AT_ONCE) + 1):
        trial = information(u[:, :m], v[:, :m], count)
        if trial.mean() < best.mean() + MIN_GAIN:
            break
        best, used = trial, m
    return best, used


def _missed(u: Array, v: Array, bits: float, rng: np.random.Generator, count: Count) -> float:
    """Return the bits that neighbours miss of Gaussian pairs like u, v (n, m) that share `bits`."""
    n, m = u.shape
    shared = np.minimum(canonical_correlations(u, v), 0.9999)
    if m == 1 or bits <= 0:
        return 0.0

    def excess(scale: float) -> float:
        return float(correlation_bits(scale * shared).sum()) - bits

    rho = (brentq(excess, 0, 1) if excess(1) > 0 else 1.0) * shared
    a, noise = rng.standard_normal((2, n, m))
    b = rho * a + np.sqrt(1 - rho**2) * noise
    # The sample's own terms scatter with what neighbours count, unlike their expectation.
    own = correlation_bits(rho) + (b**2 - noise**2).mean(0) / (2 * np.log(2))
    return float(own.sum() - information(a, b, count).mean())


def together(u: Array, v: Array) -> float:
    """Return what pairs of columns of u and v (n, m) tell only together, in bits, if Gaussian."""
    single = correlation_bits(np.abs(held_out_correlations(u, v))).sum()
    return gaussian_bits(u, v) - float(single)


def redundancy(u: Array) -> float:
    """Return the dependence among the columns of u (n, m), normal margins, in bits.

    The largest correlation of Hermite polynomials up to the third degree, over each pair of
    columns, taken as Gaussian information and summed. Correlations that chance
    alone would bring among so many count as none.
    """
    n, m = u.shape
    basis = np.hstack([u, (u**2 - 1) / np.sqrt(2), (u**3 - 3 * u) / np.sqrt(6)])
    squared = (basis.T @ basis / n).reshape(3, m, 3, m).transpose(1, 3, 0, 2) ** 2
    largest = np.triu(squared.max((2, 3)), 1)
    chance = 2 * np.log(9 * max(m * (m - 1) / 2, 1)) / n
    largest = np.where(largest > chance, np.clip(largest - 4 / n, 0, 0.99), 0)
    return float(-0.5 * np.log2(1 - largest).sum())


def gaussian_bits(u: Array, v: Array) -> float:
    """Return the information of Gaussians with the correlations of u and v (n, m), in bits."""
    return float(correlation_bits(canonical_correlations(u, v)).sum())


def canonical_correlations(u: Array, v: Array) -> Array:
    """Return the canonical correlations of u and v (n, m), the largest first."""
    roots = []
    for side in (u, v):
        centred = side - side.mean(0)
        left, values, _ = np.linalg.svd(
            centred / np.maximum(side.std(0), 1e-12), full_matrices=False
        )
        roots.append(left[:, values > 1e-4 * values[0]])
    shared = np.zeros(u.shape[1])
    found = np.linalg.svd(roots[0].T @ roots[1], compute_uv=False)
    shared[: len(found)] = found
    return shared
