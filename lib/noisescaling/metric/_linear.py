"""Canonical correlation analysis: the pairs of directions of x and y that correlate best."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def canonical_directions(a: Array, b: Array, ridge: float) -> tuple[Array, Array, Array]:
    """Return directions (d, m) of a, (k, m) of b and their correlations (m,), best first.

    `a` (n, d) and `b` (n, k) have mean 0; `ridge` is added to the variances of both.
    """
    white_a, white_b = _whitener(a, ridge), _whitener(b, ridge)
    left, correlations, right = np.linalg.svd(white_a.T @ (a.T @ b / len(a)) @ white_b)
    m = len(correlations)
    return white_a @ left[:, :m], white_b @ right[:m].T, correlations


def _whitener(a: Array, ridge: float) -> Array:
    """Return a map that gives `a` unit covariance; directions without variance are dropped."""
    variances, axes = np.linalg.eigh(a.T @ a / len(a))
    kept = variances > 1e-9 * max(float(variances[-1]), 1e-300)
    return np.asarray(axes[:, kept] / np.sqrt(variances[kept] + ridge))
