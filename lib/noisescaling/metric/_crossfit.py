"""Cross-fitted canonical correlation: latent pairs of rows that the fit has never seen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse.linalg import svds

from noisescaling.metric._sides import Array, Rows, Side

#: Canonical pairs kept at most; `diagnostics` say where this binds.
MAX_PAIRS = 64
#: Standard errors by which a pair's held-out correlation must exceed 0 to be clear.
CLEAR = 3.0
#: Ridges tried, on columns of unit variance.
RIDGES = (0.001, 0.01, 0.05, 0.2, 0.7)
#: Axes of both sides together from which on each fit is dear.
WIDE = 400
#: Folds of the cross-fit, few where fits are dear: a row's latents come from a fit to the others.
N_FOLDS, N_WIDE_FOLDS = 10, 5


def wide_ridge(a: Side, b: Side) -> float:
    """Return the ridge where trying several would be dear: as many noisy axes a row call for."""
    return float((a.scores.shape[1] + b.scores.shape[1]) / (4 * len(a.scores)))


def is_wide(a: Side, b: Side) -> bool:
    """Tell whether fits of the two sides are dear."""
    return bool(a.scores.shape[1] + b.scores.shape[1] > WIDE)


def cross_fitted(
    a: Side, b: Side, folds: Sequence[Rows], ridge: float, most: int = MAX_PAIRS
) -> tuple[Array, Array]:
    """Return canonical variates u, v (n, m) of each fold's rows from a fit to all other rows.

    So that the folds can be counted together, their pairs take the signs of the fit to all rows,
    and the pairs before the first that is not clear are turned onto it by one common rotation of
    both sides. The others are not turned: that fit has seen the rows, and would sort their noise
    into pairs that correlate.
    """
    n = len(a.scores)
    moments = _moments(a.scores, b.scores)
    whole, _ = _directions(moments, n, ridge, most)
    weighted = whole.T * a.variances
    fits = []
    for rows in folds:
        held = _moments(a.scores[rows], b.scores[rows])
        rest = moments[0] - held[0], moments[1] - held[1], moments[2] - held[2]
        left, right = _directions(rest, n - len(rows), ridge, most)
        signs = np.where((weighted * left.T).sum(1) < 0, -1.0, 1.0)
        fits.append((left * signs, right * signs))
    u, v = _variates(a, b, folds, fits)
    unclear = np.flatnonzero(~is_clear(u, v))
    m = int(unclear[0]) if len(unclear) else u.shape[1]
    if m > 1:
        u[:, :m], v[:, :m] = _variates(a, b, folds, [_turned(fit, weighted, m) for fit in fits])
    return u, v


def is_clear(u: Array, v: Array) -> NDArray[np.bool_]:
    """Tell whether the held-out correlation of each pair of u and v (n, m) is clear, (m,)."""
    return np.asarray(held_out_correlations(u, v) > CLEAR / np.sqrt(len(u)))


def _turned(fit: tuple[Array, Array], weighted: Array, m: int) -> tuple[Array, Array]:
    """Return the first m pairs of a fit, turned onto those of the fit to all rows."""
    left, right = fit[0][:, :m], fit[1][:, :m]
    p, _, q = np.linalg.svd((weighted[:m] @ left).T)
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
    a: Side, b: Side, halves: Sequence[Rows], most: int = MAX_PAIRS
) -> tuple[float, float, tuple[Array, Array]]:
    """Return the most held-out Gaussian information in bits, its ridge, and its latents."""
    best = -np.inf
    for ridge in RIDGES:
        u, v = cross_fitted(a, b, halves, ridge, most)
        bits = float(correlation_bits(held_out_correlations(u, v)).sum())
        if bits > best:
            best, chosen = bits, (ridge, (u, v))
    return best, *chosen


def correlation_bits(correlations: Array) -> Array:
    """Return the information of Gaussian pairs with these correlations, in bits; none below 0."""
    return np.asarray(-0.5 * np.log2(1 - np.clip(correlations, 0, 1 - 1e-7) ** 2))


def _moments(a: Array, b: Array) -> tuple[Array, Array, Array]:
    return a.T @ a, b.T @ b, a.T @ b


def _directions(
    moments: tuple[Array, Array, Array], n: int, ridge: float, most: int
) -> tuple[Array, Array]:
    """Return the first canonical directions (p, m) and (q, m) from the sums over n rows."""
    aa, bb, ab = (moment / n for moment in moments)
    root_a = np.linalg.cholesky(aa + ridge * np.eye(len(aa)))
    root_b = np.linalg.cholesky(bb + ridge * np.eye(len(bb)))
    half = solve_triangular(root_a, ab, lower=True, check_finite=False)
    whitened = solve_triangular(root_b, half.T, lower=True, check_finite=False).T
    left, right = _leading(whitened, most)
    return (
        solve_triangular(root_a, left, lower=True, trans=1),
        solve_triangular(root_b, right, lower=True, trans=1),
    )


def _leading(matrix: Array, most: int) -> tuple[Array, Array]:
    """Return the first singular vectors (p, m) and (q, m) of a matrix (p, q), the largest first."""
    m = min(most, *matrix.shape)
    if 4 * m < min(matrix.shape):
        left, values, right = svds(matrix, m, v0=np.ones(min(matrix.shape)), tol=1e-5)
        first = np.argsort(-values)
        return left[:, first], right[first].T
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left[:, :m], right[:m].T


def endless_correlations(a: Side, b: Side, most: int) -> Array:
    """Return the first canonical correlations that endlessly many rows would show, (most,).

    Of two sides with p and q Gaussian axes, n rows show the squared correlation
    s = r (1 - p/n + p/(n r)) (1 - q/n + q/(n r)) for r, where r is not lost in the noise
    (Bao, Hu, Pan and Zhou 2019); this is solved for r.
    """
    n, p, q = len(a.scores), a.scores.shape[1] / len(a.scores), b.scores.shape[1] / len(a.scores)
    roots = [np.linalg.cholesky(side.scores.T @ side.scores / n) for side in (a, b)]
    half = solve_triangular(roots[0], a.scores.T @ b.scores / n, lower=True, check_finite=False)
    whitened = solve_triangular(roots[1], half.T, lower=True, check_finite=False)
    shown = np.sort(svds(whitened, most, return_singular_vectors=False, tol=1e-6))[::-1] ** 2
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


def learning_gain(bits: float, step: float, n_folds: int) -> float:
    """Return the bits that endlessly many rows would add to an estimate cross-fitted in folds.

    What a fit misses falls as one over its rows, so the `step` in bits from half of the rows to all
    but one fold tells of the rest; it is never taken as negative, nor as more than `bits`.
    """
    share = 1 - 1 / n_folds
    return float(np.clip(step / share / (2 - 1 / share), 0, max(bits, 0)))
