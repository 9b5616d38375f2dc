"""Nearest-neighbour estimate of mutual information (Kraskov, Stoegbauer, Grassberger 2004)."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import digamma

Array = NDArray[np.float64]

#: Neighbours a point; few keep the bias low, and averaging over points keeps the scatter low.
N_NEIGHBOURS = 3


def ksg(a: Array, b: Array, k: int = N_NEIGHBOURS) -> Array:
    """Return the contribution of each point to I(a; b), in bits, shape (n,).

    Equation (8) of Kraskov et al.: psi(k) + psi(n) - psi(n_a + 1) - psi(n_b + 1), where n_a and
    n_b count the points nearer than the k-th neighbour in the joint space, in the maximum norm.
    """
    joint = np.hstack([a, b])
    radius = cKDTree(joint).query(joint, k + 1, p=np.inf, workers=-1)[0][:, k]
    inside = np.nextafter(radius, 0)
    counts = digamma(_within(a, inside)) + digamma(_within(b, inside))
    return np.asarray((digamma(k) + digamma(len(a)) - counts) / np.log(2))


def _within(points: Array, radius: Array) -> Array:
    """Count the points, itself among them, within each point's own radius."""
    if points.shape[1] == 1:
        line = points[:, 0]
        ordered = np.sort(line)
        upper = np.searchsorted(ordered, line + radius, side="right")
        return upper - np.searchsorted(ordered, line - radius, side="left")
    return np.asarray(
        cKDTree(points).query_ball_point(points, radius, p=np.inf, return_length=True, workers=-1)
    )
