"""Latent pairs of rows that the fit has never seen, and the information in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import brentq
from scipy.sparse.linalg import svds

from noisescaling._checks import correlation_bits
from noisescaling.metric._neighbours import ksg
from noisescaling.metric._sides import Array, Rows, Side

#: Canonical pairs kept at most; `diagnostics` say where this binds.
MAX_PAIRS = 64
#: Standard errors by which a pair's held-out correlation must exceed 0 to be clear.
CLEAR = 3.0
#: Ridges tried, on columns of unit variance.
RIDGES = (0.001, 0.01, 0.05, 0.2, 0.7)
#: Dependence among latents of one side, in bits, at which single pairs are trusted to 1/e.
REDUNDANCY = 0.1
#: Trust in single pairs at which nothing else is counted.
SURE = 0.98
#: Pairs that neighbours can see at once.
AT_ONCE = 4
#: Bits that one more pair, or a richer compression, must add.
MIN_GAIN = 0.03
#: Neighbours a point at least; more only where little information allows a coarse view.
MIN_NEIGHBOURS = 3


def cross_fitted(a: Side, b: Side, folds: Sequence[Rows], ridge: float) -> tuple[Array, Array]:
    """Return canonical variates u, v (n, m) of each fold's rows from a fit to all other rows.

    So that the folds can be counted together, their pairs take the signs of the fit to all rows,
    and the pairs before the first that is not clear are turned onto it by one common rotation of
    both sides. The others are not turned: that fit has seen the rows, and would sort their noise
    into pairs that correlate.
    """
    n = len(a.scores)
    moments = _moments(a.scores, b.scores)
    whole = _directions(moments, n, ridge)[0].T * a.variances
    fits = []
    for rows in folds:
        held = _moments(a.scores[rows], b.scores[rows])
        rest = [all_rows - some for all_rows, some in zip(moments, held, strict=True)]
        left, right = _directions(rest, n - len(rows), ridge)
        signs = np.where((whole * left.T).sum(1) < 0, -1.0, 1.0)
        fits.append((left * signs, right * signs))
    u, v = _variates(a, b, folds, fits)
    m = int(np.append(is_clear(u, v), False).argmin())
    if m > 1:
        u[:, :m], v[:, :m] = _variates(a, b, folds, [_turned(fit, whole, m) for fit in fits])
    return u, v


def _moments(a: Array, b: Array) -> list[Array]:
    return [a.T @ a, b.T @ b, a.T @ b]


def _directions(moments: Sequence[Array], n: int, ridge: float) -> tuple[Array, Array]:
    """Return the first canonical directions (p, m) and (q, m) from the sums over n rows."""
    root_a, root_b, whitened = _whitened(moments, n, ridge)
    left, right = _leading(whitened.T)
    return (
        solve_triangular(root_a, left, lower=True, trans=1),
        solve_triangular(root_b, right, lower=True, trans=1),
    )


def _whitened(moments: Sequence[Array], n: int, ridge: float) -> tuple[NDArray[Any], ...]:
    """Return the roots of both sides' covariances, and what is shared of whitened columns."""
    aa, bb, ab = (moment / n for moment in moments)
    root_a = np.linalg.cholesky(aa + ridge * np.eye(len(aa)))
    root_b = np.linalg.cholesky(bb + ridge * np.eye(len(bb)))
    half = solve_triangular(root_a, ab, lower=True, check_finite=False)
    whitened = solve_triangular(root_b, half.T, lower=True, check_finite=False)
    return root_a, root_b, whitened


def _leading(matrix: Array) -> tuple[Array, Array]:
    """Return the first singular vectors (p, m) and (q, m) of a matrix (p, q), the largest first."""
    m = min(MAX_PAIRS, *matrix.shape)
    if 4 * m < min(matrix.shape):
        left, values, right = svds(matrix, m, v0=np.ones(min(matrix.shape)), tol=1e-5)
        first = np.argsort(-values)
        return left[:, first], right[first].T
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left[:, :m], right[:m].T


def _turned(fit: tuple[Array, Array], whole: Array, m: int) -> tuple[Array, Array]:
    """Return the first m pairs of a fit, turned onto those of the fit to all rows."""
    left, right = fit[0][:, :m], fit[1][:, :m]
    p, _, q = np.linalg.svd((whole[:m] @ left).T)
    return left @ p @ q, right @ p @ q


def _variates(
    a: Side, b: Side, folds: Sequence[Rows], fits: Sequence[tuple[Array, Array]]
) -> tuple[Array, Array]:
    u = np.empty((len(a.scores), fits[0][0].shape[1]))
    v = np.empty_like(u)
    for rows, (left, right) in zip(folds, fits, strict=True):
        u[rows], v[rows] = a.scores[rows] @ left, b.scores[rows] @ right
    return u, v


def best_ridge(
    a: Side, b: Side, halves: Sequence[Rows]
) -> tuple[float, float, tuple[Array, Array]]:
    """Return the most held-out Gaussian information in bits, its ridge, and its latents."""

    def fits() -> Iterator[tuple[float, float, tuple[Array, Array]]]:
        for ridge in RIDGES:
            latents = cross_fitted(a, b, halves, ridge)
            yield float(pair_bits(held_out_correlations(*latents)).sum()), ridge, latents

    return max(fits(), key=lambda fit: fit[0])


def endless_correlations(a: Side, b: Side, most: int) -> Array:
    """Return the first canonical correlations that endlessly many rows would show, (most,).

    Of two sides with p and q Gaussian axes, n rows show the squared correlation
    s = r (1 - p/n + p/(n r)) (1 - q/n + q/(n r)) for r, where r is not lost in the noise
    (Bao, Hu, Pan and Zhou 2019); this is solved for r.
    """
    n, p, q = len(a.scores), a.scores.shape[1] / len(a.scores), b.scores.shape[1] / len(a.scores)
    whitened = _whitened(_moments(a.scores, b.scores), n, 0.0)[2]
    start = np.ones(min(whitened.shape))
    shown = svds(whitened, most, v0=start, return_singular_vectors=False, tol=1e-6)
    shown = np.sort(shown)[::-1] ** 2
    linear = p * (1 - q) + q * (1 - p) - shown
    square = (1 - p) * (1 - q)
    found = (-linear + np.sqrt(np.maximum(linear**2 - 4 * square * p * q, 0))) / (2 * square)
    edge = (np.sqrt(p * (1 - q)) + np.sqrt(q * (1 - p))) ** 2
    return np.asarray(np.sqrt(np.where(shown > edge, np.clip(found, 0, 1), 0)))


def held_out_correlations(u: Array, v: Array) -> Array:
    """Return the correlation of each pair of columns of u and v (n, m), of shape (m,)."""
    a, b = u - u.mean(0), v - v.mean(0)
    scale = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    return np.asarray((a * b).sum(0) / np.maximum(scale, 1e-300))


def is_clear(u: Array, v: Array) -> NDArray[np.bool_]:
    """Tell whether the held-out correlation of each pair of u and v (n, m) is clear, (m,)."""
    return np.asarray(held_out_correlations(u, v) > CLEAR / np.sqrt(len(u)))


def clear_pairs(u: Array, v: Array) -> Rows:
    """Return the columns of u and v (n, m) whose pairs are clear, at least one, the best first."""
    order = np.argsort(-held_out_correlations(u, v))
    return np.asarray(order[: max(int(is_clear(u, v).sum()), 1)])


def pair_bits(correlations: Array) -> Array:
    """Return the information of Gaussian pairs with these correlations, in bits; none below 0."""
    return correlation_bits(np.clip(correlations, 0, 1 - 1e-7) ** 2)


def gaussian_bits(u: Array, v: Array) -> float:
    """Return the information of Gaussians with the correlations of u and v (n, m), in bits."""
    return float(pair_bits(canonical_correlations(u, v)).sum())


def canonical_correlations(u: Array, v: Array) -> Array:
    """Return the canonical correlations of u and v (n, m), the largest first."""
    roots = []
    for side in (u, v):
        scaled = (side - side.mean(0)) / np.maximum(side.std(0), 1e-12)
        left, values, _ = np.linalg.svd(scaled, full_matrices=False)
        roots.append(left[:, values > 1e-4 * values[0]])
    shared = np.zeros(u.shape[1])
    found = np.linalg.svd(roots[0].T @ roots[1], compute_uv=False)
    shared[: len(found)] = found
    return shared


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
    straight
        Information that the correlations of the latents show, in bits, were these Gaussian.
    missed
        What neighbours miss, in bits, where several pairs are counted at once; not in `bits`.
    most
        The most bits that one pair shares.
    gain, gain_error
        What endlessly many rows would add, in bits, and its standard error; not in `bits`.
    """

    bits: float
    u: Array
    v: Array
    used: int
    weight: float
    contributions: Array
    straight: float
    most: float
    missed: float = 0.0
    gain: float = 0.0
    gain_error: float = 0.0


def count_pairs(u: Array, v: Array, rng: np.random.Generator) -> Pairs:
    """Return the information in the pairs of columns of u and v (n, m), of normal margins.

    Neighbours lose information in many dimensions, but not in two, where each pair is counted
    alone. What the pairs tell together is taken from their correlations. This holds as far as the
    latents of one side do not depend on each other; as far as they do, it would count what they
    have in common several times, and the first of them are counted at once.
    """
    each = [information(u[:, [i]], v[:, [i]]) for i in range(u.shape[1])]
    alone, most = np.sum(each, axis=0), float(max(terms.mean() for terms in each))
    weight = float(np.exp(-(redundancy(u) + redundancy(v)) / REDUNDANCY))
    straight = gaussian_bits(u, v)
    together = straight - float(pair_bits(np.abs(held_out_correlations(u, v))).sum())
    if weight >= SURE:
        bits = float(alone.mean()) + together
        return Pairs(bits, u, v, len(each), 1.0, alone, straight, most)
    at_once, used = _at_once(u, v)
    missed = missed_by_neighbours(u[:, :used], v[:, :used], float(at_once.mean()), rng)
    terms = (1 - weight) * at_once + weight * alone
    bits = float(terms.mean()) + weight * together
    return Pairs(bits, u, v, used, weight, terms, straight, most, (1 - weight) * missed)


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
    return float(correlation_bits(largest).sum())


def information(a: Array, b: Array) -> Array:
    """Return each row's contribution to I(a; b), in bits."""
    contributions = ksg(a, b, MIN_NEIGHBOURS)
    k = neighbours_for(len(a), float(contributions.mean()), min(a.shape[1], b.shape[1]))
    return contributions if k == MIN_NEIGHBOURS else ksg(a, b, k)


def neighbours_for(n: int, bits: float, n_pairs: int) -> int:
    """Return the neighbours a point for n rows that share about `bits`.

    The k nearest must fit into the width of the dependence, which halves with each bit.
    """
    share = max(bits, 0) / n_pairs
    fitting = min(0.4 / n_pairs * n * float(0.25**share), n / 50, 20 / n_pairs * float(0.5**share))
    return max(int(fitting), MIN_NEIGHBOURS)


def _at_once(u: Array, v: Array) -> tuple[Array, int]:
    """Return the contributions, in bits, of the first pairs at once, and how many these are."""
    best, used = information(u[:, :1], v[:, :1]), 1
    for m in range(2, min(u.shape[1], AT_ONCE) + 1):
        trial = information(u[:, :m], v[:, :m])
        if trial.mean() < best.mean() + MIN_GAIN:
            break
        best, used = trial, m
    return best, used


def missed_by_neighbours(u: Array, v: Array, bits: float, rng: np.random.Generator) -> float:
    """Return the bits that neighbours miss of Gaussian pairs like u, v (n, m) that share `bits`."""
    n, m = u.shape
    shared = np.minimum(canonical_correlations(u, v), 0.9999)
    if m == 1 or bits <= 0:
        return 0.0

    def excess(scale: float) -> float:
        return float(pair_bits(scale * shared).sum()) - bits

    rho = (brentq(excess, 0, 1) if excess(1) > 0 else 1.0) * shared
    a, noise = rng.standard_normal((2, n, m))
    b = rho * a + np.sqrt(1 - rho**2) * noise
    # The sample's own terms scatter with what neighbours count, unlike their expectation.
    own = pair_bits(rho) + (b**2 - noise**2).mean(0) / (2 * np.log(2))
    return float(own.sum() - information(a, b).mean())
