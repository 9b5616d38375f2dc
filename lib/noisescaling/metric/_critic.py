"""Mixtures of Gaussians as critics of latent pairs, judged on rows that they have not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp
from sklearn.cluster import KMeans

from noisescaling.metric._sides import Array, Rows

#: Numbers of components tried, until one more is no better on rows that were not fitted.
COMPONENTS = (1, 4, 8, 16)
#: Rows of a fit, and rows that stand for all others where a critic is normalised.
MAX_ROWS, MAX_OTHERS = 4_000, 1_500
#: Axes of a side that a mixture is fitted in.
MAX_SIDE = 16
MAX_STEPS = 40
#: Rows an axis that the mean covariance counts for in each component's own.
LEAN = 4


class Shown(NamedTuple):
    """What a critic shows on rows, in bits.

    Attributes
    ----------
    bits, error
        Mean log2 ratio, normalised, and its standard error.
    bound
        The contrastive lower bound.
    likelihood
        Mean log2 density of the rows, but for a constant of the number of axes.
    """

    bits: float
    error: float
    bound: float
    likelihood: float


class Verdict(NamedTuple):
    """What the best critic of pairs would show with endlessly many rows, in bits.

    And the bound that it shows on rows that it has not seen; each with its standard error.
    """

    bits: float
    error: float
    bound: float
    bound_error: float


def judge(
    views: Sequence[tuple[Array, Array]], halves: Sequence[Rows], components: Sequence[int]
) -> Verdict:
    """Return what mixtures show in the best view of the pairs, two arrays (n, m).

    Each is fitted on one half of the rows and seen on the other.

    What a fit to m rows misses is as much as it finds too much on these rows, and falls as one over
    m; so bits on rows not seen, of fits to the halves, count once, and bits of a fit to all rows on
    the same rows twice.
    """
    halves = [rows[: MAX_ROWS // 2] for rows in halves]
    if len(views) > 1:
        bounds = [_held_out(*view, halves, components[1]).bound for view in views]
        views = [views[int(np.argmax(bounds))]]
    best, chosen = _held_out(*views[0], halves, components[0]), components[0]
    for n_components in components[1:]:
        found = _held_out(*views[0], halves, n_components)
        if found.likelihood < best.likelihood:
            break
        best, chosen = found, n_components
    u, v = (side[np.concatenate(halves)] for side in views[0])
    inside = score(fit_mixture(np.hstack([u, v]), chosen), u, v)
    gain = max(0.0, 2 * (inside.bits - best.bits) / 3)
    error = float(np.hypot(best.error, gain / 2))
    return Verdict(best.bits + gain, error, best.bound, best.error)


def _held_out(u: Array, v: Array, halves: Sequence[Rows], n_components: int) -> Shown:
    """Return the mean over two fits, each to one half of the rows and shown on the other."""
    scores = [
        score(fit_mixture(np.hstack([u[fit], v[fit]]), n_components), u[rest], v[rest])
        for fit, rest in (halves, halves[::-1])
    ]
    bits, error, bound, likelihood = (float(mean) for mean in np.mean(scores, axis=0))
    return Shown(bits, error / np.sqrt(2), bound, likelihood)


@dataclass(frozen=True)
class Mixture:
    """Gaussians in m + m' axes: shares (K,), means (K, d) and covariances (K, d, d)."""

    shares: Array
    means: Array
    covariances: Array

    def log_density(self, points: Array, axes: slice = slice(None)) -> Array:
        """Return log share x density of each component at points (n, d) of some axes, (n, K).

        A constant that the number of axes decides is left out.
        """
        roots = np.linalg.cholesky(self.covariances[:, axes, axes])
        whiteners = np.linalg.inv(roots).astype(points.dtype)
        logs = np.log(self.shares) - np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(1)
        out = np.empty((len(points), len(logs)), points.dtype)
        for k, whitener in enumerate(whiteners):
            away = (points - self.means[k, axes].astype(points.dtype)) @ whitener.T
            out[:, k] = logs[k] - 0.5 * np.einsum("ij,ij->i", away, away)
        return out


def fit_mixture(points: Array, n_components: int) -> Mixture:
    """Fit by expectation and maximization from a clustering; covariances lean on their mean."""
    if n_components == 1:
        return _maximized(points, np.ones((len(points), 1)))
    found = KMeans(n_components, n_init=2, max_iter=30, random_state=0).fit_predict(points)
    mixture = _maximized(points, np.eye(n_components)[found])
    before = -np.inf
    for _ in range(MAX_STEPS):
        logs = mixture.log_density(points.astype(np.float32))
        total = logsumexp(logs, axis=1, keepdims=True)
        if total.mean() < before + 1e-3:
            break
        before = total.mean()
        mixture = _maximized(points, np.exp(logs - total).astype(float))
    return mixture


def _maximized(points: Array, chances: Array) -> Mixture:
    n, dim = points.shape
    rows = chances.sum(0) + 1e-9
    means = (chances.T @ points) / rows[:, None]
    sums = np.empty((len(rows), dim, dim))
    for k in range(len(rows)):
        away = points - means[k]
        sums[k] = (away * chances[:, [k]]).T @ away
    lean = LEAN * dim if len(rows) > 1 else 0
    covariances = (sums + lean * sums.sum(0) / n) / (rows + lean)[:, None, None]
    return Mixture((rows + 1) / (n + len(rows)), means, covariances + 1e-6 * np.eye(dim))


def score(mixture: Mixture, u: Array, v: Array) -> Shown:
    """Return the mean log2 ratio of joint to separate densities, less what normalises it.

    For any r(u, v), E log2 r(u, v) - E_u log2 E_v r(u, v) <= I(u; v) (Barber and Agakov 2003): a
    critic that is wrong gives too few bits, not too many. With a row's own pair among those that
    normalise it, it is the contrastive bound of van den Oord et al. (2018).
    """
    cut = u.shape[1]
    alone_u = logsumexp(mixture.log_density(u, slice(cut)), axis=1)
    alone_v = logsumexp(mixture.log_density(v, slice(cut, None)), axis=1)
    both = logsumexp(mixture.log_density(np.hstack([u, v])), axis=1)
    own = both - alone_u - alone_v
    rows = slice(None, None, -(-len(u) // MAX_OTHERS))
    other = _mean_ratio(mixture, u[rows], v[rows], alone_u[rows], alone_v[rows])
    bits = float(own.mean() - max(0.0, np.log(other).mean())) / np.log(2)
    # The sum over all rows, a row's own among them, whatever few rows were taken.
    ratio = np.exp(np.minimum(own[rows], 80))
    with_own = ratio / len(other) + other * (1 - 1 / len(other))
    bound = float((own[rows] - np.log(with_own)).mean()) / np.log(2)
    error = float(own.std() / np.sqrt(len(u)) / np.log(2))
    return Shown(bits, error, bound, float(both.mean()) / np.log(2))


def _mean_ratio(mixture: Mixture, u: Array, v: Array, alone_u: Array, alone_v: Array) -> Array:
    """Return the mean ratio of each row of u with all rows of v but its own, (n,)."""
    cut = u.shape[1]
    inverse = np.linalg.inv(mixture.covariances)
    logs = np.log(mixture.shares) - 0.5 * np.linalg.slogdet(mixture.covariances)[1]
    total = np.zeros((len(u), len(v)), np.float32)
    ones_u, ones_v = np.ones((len(u), 1)), np.ones((len(v), 1))
    for k, log in enumerate(logs):
        a, b = u - mixture.means[k, :cut], v - mixture.means[k, cut:]
        cross = a @ inverse[k, :cut, cut:]
        at_u = log - alone_u - 0.5 * ((a @ inverse[k, :cut, :cut]) * a).sum(1)
        at_v = -alone_v - 0.5 * ((b @ inverse[k, cut:, cut:]) * b).sum(1)
        both = np.hstack([-cross, at_u[:, None], ones_u]).astype(np.float32)
        both = both @ np.hstack([b, ones_v, at_v[:, None]]).astype(np.float32).T
        total += np.exp(np.minimum(both, 80, out=both), out=both)
    np.fill_diagonal(total, 0)
    return np.asarray(np.maximum(total.sum(1, dtype=float) / (len(v) - 1), 1e-30))
