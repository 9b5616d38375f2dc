"""Nearest-neighbour estimate of mutual information (Kraskov, Stoegbauer, Grassberger 2004)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

from noisescaling.metric._sides import Array
from noisescaling.noise._molecules import compiled

#: A function (a, b, k) that counts neighbours as `ksg` does, on a device of its choice.
Count = Callable[[Array, Array, int], Array]

#: Distances that a graphics card holds at once.
BLOCK = 2**26
#: Rows up to which all distances are quicker than a tree in two axes; more in more axes.
FEW_ROWS = 1_800


def ksg(a: Array, b: Array, k: int, device: str = "cpu") -> Array:
    """Return the contribution of each point to I(a; b), in bits, shape (n,).

    Equation (8) of Kraskov et al., psi(k) + psi(n) - psi(n_a + 1) - psi(n_b + 1), where n_a and
    n_b count the points nearer than the k-th neighbour in the joint space, in the maximum norm.

    Parameters
    ----------
    a, b
        Points of shape (n, d) and (n, e), without ties.
    k
        The neighbour that sets the scale.
    device
        "cpu" (trees or all distances, whichever is quicker) or a torch device (all distances).
    """
    few = len(a) <= FEW_ROWS * (max(a.shape[1], b.shape[1]) - 1) ** 1.5
    if device == "cpu" and not few:
        within_a, within_b = _by_trees(a, b, k)
    else:
        within_a, within_b = _by_distances(a, b, k, device)
    nats = digamma(k) + digamma(len(a)) - digamma(within_a) - digamma(within_b)
    return np.asarray(nats / np.log(2))


def _by_trees(a: Array, b: Array, k: int) -> tuple[Array, Array]:
    joint = np.hstack([a, b])
    radius = cKDTree(joint).query(joint, k + 1, p=np.inf, workers=-1)[0][:, k]
    # Strictly nearer: the margin is above rounding and far below any distance between points.
    inside = np.maximum(radius - 1e-13, 0)
    return _within(a, inside), _within(b, inside)


def _within(points: Array, radius: Array) -> Array:
    """Count the points, itself among them, within each point's own radius."""
    if points.shape[1] == 1:
        line = points[:, 0]
        ordered = np.sort(line)
        upper = np.searchsorted(ordered, line + radius, side="right")
        return np.asarray(upper - np.searchsorted(ordered, line - radius, side="left"), dtype=float)
    tree = cKDTree(points, leafsize=64)
    counts = tree.query_ball_point(points, radius, p=np.inf, return_length=True, workers=-1)
    return np.asarray(counts, dtype=float)


def _by_distances(a: Array, b: Array, k: int, device: str) -> tuple[Array, Array]:
    axes_a, axes_b = (np.ascontiguousarray(side.T, dtype=np.float32) for side in (a, b))
    here = device == "cpu"
    counts = _nearer(axes_a, axes_b, k) if here else _nearer_on(device, axes_a, axes_b, k)
    return counts[0], counts[1]


@compiled
def _fill_gaps(axes: Any, point: int, gaps: Any) -> None:
    """Write the distances (n,), in the maximum norm, of one point to all."""
    for axis in range(len(axes)):
        line, here = axes[axis], axes[axis, point]
        for other in range(len(gaps)):
            gap = abs(here - line[other])
            gaps[other] = gap if axis == 0 else max(gaps[other], gap)


@compiled
def _radius(gaps_a: Any, gaps_b: Any, nearest: Any) -> Any:
    """Return the distance to the last neighbour that `nearest` has room for, the point included."""
    nearest[:] = np.inf
    last = len(nearest) - 1
    for other in range(len(gaps_a)):
        gap = max(gaps_a[other], gaps_b[other])
        if gap < nearest[last]:
            place = last
            while place > 0 and nearest[place - 1] > gap:
                nearest[place] = nearest[place - 1]
                place -= 1
            nearest[place] = gap
    return nearest[last]


@compiled
def _nearer(axes_a: Any, axes_b: Any, k: int) -> Any:
    """Count the points of each side, (2, n), nearer than the k-th neighbour in the joint space."""
    n = axes_a.shape[1]
    gaps_a, gaps_b = np.empty(n, np.float32), np.empty(n, np.float32)
    nearest, counts = np.empty(k + 1, np.float32), np.zeros((2, n))
    for point in range(n):
        _fill_gaps(axes_a, point, gaps_a)
        _fill_gaps(axes_b, point, gaps_b)
        radius, near_a, near_b = _radius(gaps_a, gaps_b, nearest), 0, 0
        for other in range(n):
            near_a += gaps_a[other] < radius
            near_b += gaps_b[other] < radius
        counts[0, point], counts[1, point] = max(near_a, 1), max(near_b, 1)
    return counts


def _nearer_on(device: str, axes_a: Any, axes_b: Any, k: int) -> Array:
    """Return what `_nearer` does, from all distances of a block of points, on a graphics card."""
    import torch

    sides = [torch.as_tensor(axes, device=device) for axes in (axes_a, axes_b)]
    within = torch.empty((2, axes_a.shape[1]), device=device)
    step = max(1, BLOCK // axes_a.shape[1])
    for start in range(0, axes_a.shape[1], step):
        rows = slice(start, start + step)
        gaps = [(side[:, rows, None] - side[:, None]).abs().amax(0) for side in sides]
        nearest = torch.maximum(*gaps).topk(k + 1, dim=1, largest=False).values[:, -1:]
        for side, gap in enumerate(gaps):
            within[side, rows] = (gap < nearest).sum(1)
    return np.asarray(within.clamp(min=1).double().cpu())
